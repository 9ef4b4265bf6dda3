/** What a customer has paid before, as the fraud score is told it: what the shop has kept, and nothing else. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { syncDispute } from '../dispute/service.js';
import { findSituation } from '../payment/situation-store.js';
import { refundPayment } from '../refund/service.js';
import {
  cancel,
  create,
  paymentInput,
  startPayments,
  stripeOf,
  type Created,
  type PaymentsTest,
} from './payments-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false });
});
afterAll(() => t.close());

const money = (amount: string, currencyCode = 'EUR') => ({ amount, currencyCode });

type Payment = NonNullable<Created['createPayment']['payment']> & { orderId: string };
async function pay(customerId: string, amount: object, changes: object = {}): Promise<Payment> {
  const input = paymentInput(t.parts, { customerId, amount, ...changes });
  const { payment } = await create(t, input);
  if (!payment) throw new Error('No payment was begun.');
  return { ...payment, orderId: input.orderId };
}

/** What the rules are told of the customer when they begin to pay an order. */
async function toldOf(customerId: string, orderId = t.parts.newId(), currencyCode = 'EUR') {
  const { paidOrders, largestPaid, medianPaid } = await findSituation(t.db, {
    ...{ orderId, attemptKey: 'look', customerId, currencyCode, paymentMethodId: 'pm_card_visa' },
    ...{ subjects: null, listKeys: [], now: t.parts.clock() },
  });
  return { paidOrders, largestPaid, medianPaid };
}

/** What is decided on a large payment two days later, when nobody counts how often they tried: 3-D Secure where they are new. */
async function decisionOn(customerId: string): Promise<string | undefined> {
  t.parts.testClock.advance(48 * 3_600_000);
  const { id } = await pay(customerId, money('5000.00'));
  return (await t.db.riskAssessment.findUnique({ where: { paymentId: id } }))?.decision;
}

const giveBack = ({ orderId, id }: Payment, amount: string) =>
  refundPayment(t.consuming.createContext('test'), {
    ...{ refundId: t.parts.newId(), orderId, paymentId: id, amount: money(amount) },
  });

const nothing = { paidOrders: 0, largestPaid: null, medianPaid: null };

test('who has paid many orders is judged otherwise than who is new', async () => {
  const known = t.parts.newId();
  for (const amount of ['900.00', '1200.00', '1000.00', '1100.00', '800.00']) await pay(known, money(amount));
  expect(await toldOf(known)).toEqual({ paidOrders: 5, largestPaid: 120_000n, medianPaid: 100_000n });
  expect(await decisionOn(known)).toBe('ACCEPTED');
  expect(await decisionOn(t.parts.newId())).toBe('STRONG_AUTHENTICATION');
});

test('what went back was not paid, and what is left of a part counts', async () => {
  const customerId = t.parts.newId();
  const whole = await pay(customerId, money('900.00'));
  const part = await pay(customerId, money('500.00'));
  expect(await toldOf(customerId)).toEqual({ paidOrders: 2, largestPaid: 90_000n, medianPaid: null });
  await giveBack(whole, '900.00');
  await giveBack(part, '450.00');
  expect(await toldOf(customerId)).toEqual({ paidOrders: 1, largestPaid: 5_000n, medianPaid: null });
  await giveBack(part, '50.00');
  expect(await toldOf(customerId)).toEqual(nothing);
  expect(await decisionOn(customerId)).toBe('STRONG_AUTHENTICATION');
});

test('what was cancelled, declined or only set aside was not paid', async () => {
  const customerId = t.parts.newId();
  const waiting = await pay(customerId, money('900.00'), {
    paymentMethodId: 'pm_card_threeDSecure2Required',
  });
  expect(waiting.status).toBe('REQUIRES_ACTION');
  expect(await cancel(t, waiting.orderId)).toMatchObject({ payments: [{ status: 'CANCELLED' }] });
  const declined = await pay(customerId, money('900.00'), { paymentMethodId: 'pm_card_chargeDeclined' });
  const aside = await pay(customerId, money('900.00'), { captureMethod: 'MANUAL' });
  expect([declined.status, aside.status]).toEqual(['FAILED', 'AUTHORIZED']);
  expect(await toldOf(customerId)).toEqual(nothing);
  expect(await decisionOn(customerId)).toBe('STRONG_AUTHENTICATION');
});

test('what the bank takes back was not paid, until the shop has won it', async () => {
  const customerId = t.parts.newId();
  const { id } = await pay(customerId, money('900.00'), { paymentMethodId: 'pm_card_createDispute' });
  expect((await toldOf(customerId)).paidOrders).toBe(1);
  t.parts.testClock.advance(2_000);
  const row = await t.db.payment.findUniqueOrThrow({ where: { id } });
  const stripe = stripeOf(t);
  const dispute = await eventually(
    async () => (await stripe.disputes.list({ payment_intent: row.providerIntentId ?? '' })).data[0],
  );
  const sync = () => syncDispute(t.consuming.createContext('test'), dispute.id);
  await sync();
  expect(await toldOf(customerId)).toEqual(nothing);
  await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'winning_evidence' } });
  await sync();
  expect(await toldOf(customerId)).toEqual({ paidOrders: 1, largestPaid: 90_000n, medianPaid: null });
});

test('amounts are compared in one currency, the order itself is not before it, and others are others', async () => {
  const customerId = t.parts.newId();
  await pay(customerId, money('700.00', 'USD'));
  const { orderId } = await pay(customerId, money('300.00'));
  expect(await toldOf(customerId)).toEqual({ paidOrders: 2, largestPaid: 30_000n, medianPaid: null });
  expect(await toldOf(customerId, orderId)).toEqual({ paidOrders: 1, largestPaid: null, medianPaid: null });
  expect(await toldOf(customerId, t.parts.newId(), 'USD')).toMatchObject({ largestPaid: 70_000n });
  expect(await toldOf(t.parts.newId())).toEqual(nothing);
});
