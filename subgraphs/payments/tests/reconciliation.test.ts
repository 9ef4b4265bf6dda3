/** Payments and the provider are set at odds, each in one way, and the reconciler has to find it, once, and its end. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Reconcile } from '../reconciliation/events.js';
import { eventsOf, stripeOf } from './payments-test.js';
import {
  breaksOf,
  context,
  day,
  line,
  mendLine,
  minute,
  paid,
  payPastUs,
  paymentRow,
  reconcile,
  reconcileLater,
  refunded,
  standing,
  start,
  t,
} from './reconciliation-test.js';

beforeAll(start);
afterAll(() => t.close());
beforeEach(mendLine);

test('what both sides have alike is no break', async () => {
  const { orderId, intentId } = await paid();
  const { providerRefundId } = await refunded(orderId);
  await reconcileLater();
  expect(await standing(intentId, providerRefundId)).toEqual([]);
});

test('money that was taken past the shop is found once, and over when it has been given back', async () => {
  const orderId = t.parts.newId();
  const intent = await payPastUs({ order_id: orderId });
  const foreign = await payPastUs({});
  await reconcile();
  const [found] = await breaksOf(intent.id);
  expect(found).toEqual({
    id: expect.any(String),
    ...{ kind: 'UNKNOWN_AT_SHOP', subject: 'PAYMENT', status: 'OPEN', providerReference: intent.id },
    ...{ payment: null, refundId: null, order: { id: orderId }, shop: null },
    provider: { status: 'succeeded', amount: { amount: '12.34', currencyCode: 'EUR' } },
    ...{ resolvedBy: null, resolver: null, note: null },
  });
  await reconcile();
  expect(await breaksOf(intent.id)).toEqual([found]);
  expect(await breaksOf(foreign.id)).toEqual([]);
  expect(await eventsOf(t, found?.id)).toEqual(['ReconciliationBreakFound']);
  expect((await t.db.outboxEvent.findFirst({ where: { aggregateId: found?.id ?? '' } }))?.payload).toEqual({
    ...{ breakId: found?.id, kind: 'UNKNOWN_AT_SHOP', providerReference: intent.id },
    ...{ paymentId: null, orderId },
  });

  await stripeOf(t).refunds.create({ payment_intent: intent.id, amount: 1000 });
  await reconcile();
  expect(await standing(intent.id)).toEqual(['UNKNOWN_AT_SHOP OPEN']);
  await stripeOf(t).refunds.create({ payment_intent: intent.id });
  await reconcile();
  expect(await standing(intent.id)).toEqual(['UNKNOWN_AT_SHOP RESOLVED by SYSTEM']);
  expect(await eventsOf(t, found?.id)).toEqual(['ReconciliationBreakFound']);
});

test('a payment and a refund that the provider does not have are found, and over when our rows are mended', async () => {
  const { orderId, paymentId, intentId } = await paid();
  const { refundId, providerRefundId } = await refunded(orderId);
  const gone = { intent: `pi_gone${Date.now()}`, refund: `re_gone${Date.now()}` };
  const name = async (providerIntentId: string, providerRefund: string): Promise<void> => {
    await t.db.payment.update({ where: { id: paymentId }, data: { providerIntentId } });
    await t.db.refund.update({ where: { id: refundId }, data: { providerRefundId: providerRefund } });
  };
  await name(gone.intent, gone.refund);
  await reconcile();
  expect(await standing(gone.intent, gone.refund)).toEqual([]);
  await reconcileLater();
  await reconcile();
  const found = await breaksOf(gone.intent, gone.refund);
  expect(found.map(({ kind, subject, payment, refundId: of }) => [kind, subject, payment?.id, of])).toEqual(
    expect.arrayContaining([
      ['MISSING_AT_PROVIDER', 'PAYMENT', paymentId, null],
      ['MISSING_AT_PROVIDER', 'REFUND', paymentId, refundId],
    ]),
  );
  expect(found).toHaveLength(2);
  // Its intent is money now that no payment knows: 15.99 of it are still there.
  expect(await standing(intentId)).toEqual(['UNKNOWN_AT_SHOP OPEN']);

  await name(intentId, providerRefundId);
  await reconcile();
  expect(await standing(gone.intent, gone.refund, intentId)).toEqual([
    'MISSING_AT_PROVIDER RESOLVED by SYSTEM',
    'MISSING_AT_PROVIDER RESOLVED by SYSTEM',
    'UNKNOWN_AT_SHOP RESOLVED by SYSTEM',
  ]);
});

test('another amount is found, is over when it is mended, and opens again when it comes back', async () => {
  const { paymentId, intentId } = await paid();
  const take = (capturedAmount: bigint) =>
    t.db.payment.update({ where: { id: paymentId }, data: { capturedAmount } });
  await take(2600n);
  await reconcileLater();
  await reconcile();
  const [found] = await breaksOf(intentId);
  expect(found).toMatchObject({
    ...{ kind: 'AMOUNT_DIFFERS', status: 'OPEN', payment: { id: paymentId } },
    shop: { status: 'SUCCEEDED', amount: { amount: '26.00', currencyCode: 'EUR' } },
    provider: { status: 'succeeded', amount: { amount: '25.99', currencyCode: 'EUR' } },
  });
  await take(2599n);
  await reconcile();
  expect(await standing(intentId)).toEqual(['AMOUNT_DIFFERS RESOLVED by SYSTEM']);
  await take(2600n);
  await reconcile();
  expect(await breaksOf(intentId)).toEqual([found]);
  expect(await eventsOf(t, found?.id)).toEqual(['ReconciliationBreakFound', 'ReconciliationBreakFound']);
});

/** As if the provider's answer and its webhooks had never come. */
const forgetSuccess = (id: string) =>
  t.db.payment.update({
    where: { id },
    data: {
      status: 'PROCESSING',
      capturedAmount: 0n,
      providerIntentId: null,
      feeAmount: null,
      feeCurrencyCode: null,
    },
  });

test('a success that we never heard of is healed, and the next run sees that it is', async () => {
  const { paymentId, intentId } = await paid();
  await forgetSuccess(paymentId);
  await reconcile();
  expect(await standing(intentId)).toEqual([]);
  expect((await paymentRow(paymentId)).status).toBe('PROCESSING');
  t.parts.testClock.advance(16 * minute);
  await Reconcile(context());
  expect(await breaksOf(intentId)).toMatchObject([
    {
      ...{ kind: 'STATUS_DIFFERS', status: 'OPEN', payment: { id: paymentId } },
      shop: { status: 'PROCESSING', amount: { amount: '0.00' } },
      provider: { status: 'succeeded', amount: { amount: '25.99' } },
    },
  ]);
  expect(await paymentRow(paymentId)).toMatchObject({
    ...{ status: 'SUCCEEDED', capturedAmount: 2599n, providerIntentId: intentId },
  });
  expect((await eventsOf(t, paymentId)).slice(-2)).toEqual(['PaymentUpdated SUCCEEDED', 'PaymentProcessed']);
  await reconcile();
  expect(await standing(intentId)).toEqual(['STATUS_DIFFERS RESOLVED by SYSTEM']);
});

test('a refund whose end we never heard of is healed as well', async () => {
  const { orderId, paymentId } = await paid();
  const { refundId, providerRefundId } = await refunded(orderId);
  await t.db.refund.update({ where: { id: refundId }, data: { status: 'PENDING' } });
  await t.db.payment.update({ where: { id: paymentId }, data: { status: 'SUCCEEDED', refundedAmount: 0n } });
  t.parts.testClock.advance(16 * minute);
  await Reconcile(context());
  expect(await standing(providerRefundId)).toEqual(['STATUS_DIFFERS OPEN']);
  expect(await paymentRow(paymentId)).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedAmount: 1000n });
  await reconcile();
  expect(await standing(providerRefundId)).toEqual(['STATUS_DIFFERS RESOLVED by SYSTEM']);
});

test('one that cannot be healed stays a break, and others are healed all the same', async () => {
  const [broken, other] = [await paid(), await paid()];
  await forgetSuccess(broken.paymentId);
  await forgetSuccess(other.paymentId);
  const { refundId, providerRefundId } = await refunded((await paid()).orderId);
  // Ours has ended: no answer of the provider changes that any more.
  await t.db.refund.update({ where: { id: refundId }, data: { status: 'FAILED', failureCode: 'unknown' } });
  line.brokenIntent = broken.intentId;
  await reconcileLater();
  await reconcile();
  expect(await standing(broken.intentId, providerRefundId)).toEqual([
    'STATUS_DIFFERS OPEN',
    'STATUS_DIFFERS OPEN',
  ]);
  expect(await standing(other.intentId)).toEqual(['STATUS_DIFFERS RESOLVED by SYSTEM']);
  expect((await paymentRow(broken.paymentId)).status).toBe('PROCESSING');
  expect((await paymentRow(other.paymentId)).status).toBe('SUCCEEDED');
});

test('a refund that was made at the dashboard is found once, and one of another amount', async () => {
  const { orderId, paymentId, intentId } = await paid();
  const refund = await stripeOf(t).refunds.create({ payment_intent: intentId, amount: 500 });
  const { refundId, providerRefundId } = await refunded(orderId);
  await t.db.refund.update({ where: { id: refundId }, data: { amount: 999n } });
  await reconcileLater();
  await reconcile();
  expect(await breaksOf(refund.id, providerRefundId)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        ...{ kind: 'REFUND_UNKNOWN_AT_SHOP', subject: 'REFUND', providerReference: refund.id },
        ...{ payment: { id: paymentId }, refundId: null, order: { id: orderId }, shop: null },
        provider: { status: 'SUCCEEDED', amount: { amount: '5.00', currencyCode: 'EUR' } },
      }),
      expect.objectContaining({
        ...{ kind: 'AMOUNT_DIFFERS', subject: 'REFUND', providerReference: providerRefundId, refundId },
        shop: { status: 'SUCCEEDED', amount: { amount: '9.99', currencyCode: 'EUR' } },
        provider: { status: 'SUCCEEDED', amount: { amount: '10.00', currencyCode: 'EUR' } },
      }),
    ]),
  );
  expect(await breaksOf(refund.id, providerRefundId)).toHaveLength(2);
});

test('a break that is too old for what is read anew is still looked at, and more than a page of intents is read', async () => {
  const intent = await payPastUs({ order_id: t.parts.newId() });
  for (let i = 0; i < 101; i += 1) await stripeOf(t).paymentIntents.create({ amount: 100, currency: 'eur' });
  await reconcile();
  expect(await standing(intent.id)).toEqual(['UNKNOWN_AT_SHOP OPEN']);
  t.parts.testClock.advance(5 * day);
  await reconcile();
  expect(await standing(intent.id)).toEqual(['UNKNOWN_AT_SHOP OPEN']);
  await stripeOf(t).refunds.create({ payment_intent: intent.id });
  await reconcile();
  expect(await standing(intent.id)).toEqual(['UNKNOWN_AT_SHOP RESOLVED by SYSTEM']);
});
