/** Fees, disputes and payouts are compared with the provider's, and what differs is found once. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { cancel, create, eventsOf, paymentInput, stripeOf } from './payments-test.js';
import {
  breaksOf,
  mendLine,
  minute,
  paid,
  payPastUs,
  reconcileLater,
  refunded,
  standing,
  start,
  t,
} from './reconciliation-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

beforeAll(start);
afterAll(() => t.close());
beforeEach(mendLine);

test('a fee that was never heard of is read; one that differs is a break until it is put right', async () => {
  const { paymentId, intentId } = await paid();
  const where = { id: paymentId };
  const none = { feeAmount: null, feeCurrencyCode: null };
  await t.db.payment.update({ where, data: none });
  await reconcileLater();
  expect(await t.db.payment.findUniqueOrThrow({ where })).toMatchObject({ feeAmount: 105n });
  await reconcileLater();
  expect(await standing(intentId)).toEqual(['FEE_DIFFERS RESOLVED by SYSTEM']);
  await t.db.payment.update({ where, data: { feeAmount: 104n, updatedAt: new Date(0) } });
  await reconcileLater();
  const [found] = await breaksOf(intentId);
  expect(found).toMatchObject({
    ...{ kind: 'FEE_DIFFERS', subject: 'PAYMENT', payment: { id: paymentId } },
    shop: { amount: { amount: '1.04' } },
    provider: { amount: { amount: '1.05' } },
  });
  expect(await eventsOf(t, found?.id)).toEqual(['ReconciliationBreakFound', 'ReconciliationBreakFound']);
  expect(await t.db.payment.findUniqueOrThrow({ where })).toMatchObject({ feeAmount: 105n });
});

test('a dispute whose webhooks never came is found, noted by reading it anew, and over in the next run', async () => {
  const { payment } = await create(t, paymentInput(t.parts, { paymentMethodId: 'pm_card_createDispute' }));
  t.parts.testClock.advance(2_000);
  const { providerIntentId } = await t.db.payment.findUniqueOrThrow({ where: { id: payment?.id ?? '' } });
  const dispute = await eventually(
    async () => (await stripeOf(t).disputes.list({ payment_intent: providerIntentId ?? '' })).data[0],
  );
  await reconcileLater();
  expect(await standing(dispute.id)).toEqual(['DISPUTE_UNKNOWN_AT_SHOP OPEN']);
  expect((await breaksOf(dispute.id))[0]).toMatchObject({ subject: 'DISPUTE', payment: { id: payment?.id } });
  const row = await t.db.dispute.findUniqueOrThrow({ where: { providerDisputeId: dispute.id } });
  expect(row).toMatchObject({ paymentId: payment?.id, status: 'NEEDS_RESPONSE' });
  await stripeOf(t).disputes.update(dispute.id, { evidence: { uncategorized_text: 'winning_evidence' } });
  await reconcileLater();
  expect(await t.db.dispute.findUniqueOrThrow({ where: { id: row.id } })).toMatchObject({ status: 'WON' });
  await reconcileLater();
  expect(await standing(dispute.id)).toEqual([
    'DISPUTE_UNKNOWN_AT_SHOP RESOLVED by SYSTEM',
    'STATUS_DIFFERS RESOLVED by SYSTEM',
  ]);
  expect((await eventsOf(t, payment?.id)).filter((type) => type.startsWith('PaymentDispute'))).toEqual([
    'PaymentDisputed',
    'PaymentDisputeClosed',
  ]);
});

test('what was set aside and given up, or taken in part, is no refund that somebody made', async () => {
  const hold = () => paymentInput(t.parts, { captureMethod: 'MANUAL' });
  const [part, whole] = [hold(), hold()];
  for (const input of [part, whole]) expect((await create(t, input)).payment?.status).toBe('AUTHORIZED');
  const capture = `mutation($input: CapturePaymentInput!) { capturePayment(input: $input) { payment { status } } }`;
  const amount = { amount: '10.00', currencyCode: 'EUR' };
  await t.call(capture, { input: { orderId: part.orderId, captureId: t.parts.newId(), amount } });
  expect(await cancel(t, whole.orderId)).toMatchObject({ payments: [{ status: 'CANCELLED' }] });
  const before = await t.db.reconciliationBreak.count();
  await reconcileLater();
  expect(await t.db.reconciliationBreak.count()).toBe(before);
});

const payOut = async (): Promise<string> => {
  await t.helper('payout', { currency: 'eur' });
  return (await stripeOf(t).payouts.list({ limit: 1 })).data[0]?.id ?? '';
};

test('a payout is explained by payments, fees, refunds, disputes and what is not ours; else it is a break, once', async () => {
  const { orderId } = await paid();
  await refunded(orderId);
  await payPastUs({});
  const { payment } = await create(t, paymentInput(t.parts, { paymentMethodId: 'pm_card_createDispute' }));
  t.parts.testClock.advance(5_000);
  await eventually(async () => (await stripeOf(t).disputes.list({ limit: 100 })).data.length > 1);
  const right = await payOut();
  await reconcileLater();
  expect(await standing(right)).toEqual([]);

  const other = await paid();
  const wrong = await payOut();
  // Our books lose what was taken: the payment alone says another sum than the payout that brought it.
  await t.db.payment.update({
    where: { id: other.paymentId },
    data: { capturedAmount: 2_000n, updatedAt: new Date(0) },
  });
  await reconcileLater();
  await reconcileLater();
  expect(await standing(wrong)).toEqual(['PAYOUT_DIFFERS OPEN']);
  const [found] = await breaksOf(wrong);
  expect(found).toMatchObject({
    ...{ subject: 'PAYOUT', payment: null, order: null },
    shop: { status: 'EXPLAINED', amount: { amount: '18.95', currencyCode: 'EUR' } },
    provider: { status: 'paid', amount: { amount: '24.94', currencyCode: 'EUR' } },
  });
  expect(await eventsOf(t, found?.id)).toEqual(['ReconciliationBreakFound']);
  expect(await standing(right)).toEqual([]);
  await t.db.payment.update({ where: { id: other.paymentId }, data: { capturedAmount: 2_599n } });
  t.parts.testClock.advance(minute);
  await reconcileLater();
  expect(await standing(wrong)).toEqual(['PAYOUT_DIFFERS RESOLVED by SYSTEM']);
  expect(payment?.status).toBe('SUCCEEDED');
});
