/** Customers' banks take payments back, or ask about them: noted once, told once, visible to staff. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import { checkDispute, syncDispute } from '../dispute/service.js';
import {
  create,
  eventsOf,
  orders,
  paymentInput,
  startPayments,
  stripeOf,
  type PaymentsTest,
} from './payments-test.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ webhooks: false, consume: false });
});
afterAll(() => t.close());

const ctx = () => t.consuming.createContext('test');
const sync = async (id: string, times = 2): Promise<void> => {
  for (let i = 0; i < times; i += 1) await syncDispute(ctx(), id);
};

/** A payment that is disputed at the provider, of which we have not heard. */
async function disputed(paymentMethodId = 'pm_card_createDispute') {
  const input = paymentInput(t.parts, { paymentMethodId });
  const { payment } = await create(t, input);
  const { providerIntentId } = await t.db.payment.findUniqueOrThrow({ where: { id: payment?.id ?? '' } });
  t.parts.testClock.advance(2_000);
  const stripe = stripeOf(t);
  const dispute = await eventually(
    async () => (await stripe.disputes.list({ payment_intent: providerIntentId ?? '' })).data[0],
  );
  return { input, id: payment?.id ?? '', disputeId: dispute.id };
}
const answer = (id: string, uncategorized_text: string) =>
  stripeOf(t).disputes.update(id, { evidence: { uncategorized_text } });
const rowOf = (providerDisputeId: string) => t.db.dispute.findUniqueOrThrow({ where: { providerDisputeId } });
const timerOf = (id: string) =>
  t.db.inboxMessage.findFirst({ where: { aggregateId: id, type: 'DisputeCheck', doneAt: null } });
const newsOf = async (id: string) => (await eventsOf(t, id)).filter((type) => type.includes('Disput'));

test('a dispute is noted with what it takes, told once, and asked about daily', async () => {
  const { id, input, disputeId } = await disputed();
  await sync(disputeId);
  const row = await rowOf(disputeId);
  expect(row).toMatchObject({
    ...{ paymentId: id, orderId: input.orderId, status: 'NEEDS_RESPONSE', reason: 'fraudulent' },
    ...{ amount: 2599n, withdrawnAmount: 2599n, withdrawnCurrencyCode: 'EUR', feeAmount: 1500n },
    ...{ closedAt: null, version: 1 },
  });
  expect(row.respondBy).not.toBeNull();
  expect(await newsOf(id)).toEqual(['PaymentDisputed']);
  const told = await t.db.outboxEvent.findFirstOrThrow({
    where: { aggregateId: id, type: 'PaymentDisputed' },
  });
  expect(told.payload).toEqual({
    ...{ paymentId: id, orderId: input.orderId, disputeId: row.id, amount: '2599', currencyCode: 'EUR' },
    ...{ status: 'NEEDS_RESPONSE', reason: 'fraudulent' },
  });
  const inADay = t.parts.clock().getTime() + 86_400_000;
  expect(Math.abs(((await timerOf(row.id))?.runAt.getTime() ?? 0) - inADay)).toBeLessThan(60_000);
});

test.each([
  ['won', 'winning_evidence', 'WON', 0n],
  ['lost', 'losing_evidence', 'LOST', 2599n],
] as const)(
  'one that is %s is closed, told once, and its money is noted',
  async (_name, evidence, status, withdrawn) => {
    const { id, disputeId } = await disputed();
    await sync(disputeId, 1);
    await answer(disputeId, evidence);
    const { id: ours } = await rowOf(disputeId);
    for (let i = 0; i < 2; i += 1) await checkDispute(ctx(), ours);
    const row = await rowOf(disputeId);
    expect(row).toMatchObject({ status, withdrawnAmount: withdrawn, feeAmount: 1500n, version: 2 });
    expect(row.closedAt).not.toBeNull();
    expect(await newsOf(id)).toEqual(['PaymentDisputed', 'PaymentDisputeClosed']);
    expect(await timerOf(ours)).toBeNull();
  },
);

test('evidence that the bank looks at, and a dispute of which we hear only when it is over', async () => {
  const { disputeId } = await disputed('pm_card_createDisputeProductNotReceived');
  await sync(disputeId, 1);
  await answer(disputeId, 'The parcel was handed over.');
  await sync(disputeId);
  expect(await rowOf(disputeId)).toMatchObject({ status: 'UNDER_REVIEW', reason: 'product_not_received' });
  const late = await disputed();
  await stripeOf(t).disputes.close(late.disputeId);
  await sync(late.disputeId);
  expect(await rowOf(late.disputeId)).toMatchObject({ status: 'LOST', version: 1 });
  expect(await newsOf(late.id)).toEqual(['PaymentDisputed', 'PaymentDisputeClosed']);
});

test('an inquiry takes no money and ends without any having moved', async () => {
  const { disputeId } = await disputed('pm_card_createDisputeInquiry');
  await sync(disputeId);
  expect(await rowOf(disputeId)).toMatchObject({ status: 'INQUIRY', withdrawnAmount: null, feeAmount: null });
  await stripeOf(t).disputes.close(disputeId);
  await sync(disputeId);
  expect(await rowOf(disputeId)).toMatchObject({ status: 'CLOSED' });
});

test('ten webhooks of it at once note it once', async () => {
  const { id, disputeId } = await disputed();
  await Promise.all(Array.from({ length: 10 }, () => sync(disputeId, 1)));
  expect(await t.db.dispute.count({ where: { paymentId: id } })).toBe(1);
  expect(await newsOf(id)).toEqual(['PaymentDisputed']);
});

test("a dispute of somebody else's payment is passed over", async () => {
  const stripe = stripeOf(t);
  const intent = await stripe.paymentIntents.create({
    ...{ amount: 1234, currency: 'eur', confirm: true, payment_method: 'pm_card_createDispute' },
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  t.parts.testClock.advance(2_000);
  const theirs = await eventually(
    async () => (await stripe.disputes.list({ payment_intent: intent.id })).data[0],
  );
  const before = await t.db.dispute.count();
  await sync(theirs.id);
  expect(await t.db.dispute.count()).toBe(before);
});

test('money that the bank has taken back is not given back a second time', async () => {
  const { id, input, disputeId } = await disputed();
  await sync(disputeId, 1);
  const refund = `mutation($input: RefundPaymentInput!) { refundPayment(input: $input) { refund { status } } }`;
  const asked = { orderId: input.orderId, refundId: t.parts.newId(), amount: input.amount };
  expect(await t.call(refund, { input: asked }, orders())).toEqual({
    refundPayment: { refund: { status: 'FAILED' } },
  });
  const row = await t.db.refund.findUniqueOrThrow({ where: { id: asked.refundId } });
  expect(row.failureCode).toBe('charge_disputed');
  const payment = await t.db.payment.findUniqueOrThrow({ where: { id } });
  expect(payment).toMatchObject({ status: 'SUCCEEDED', refundedAmount: 0n, refundRequestedAmount: 0n });
});

test('staff list disputes, the newest first, of one status or of all; customers do not see them', async () => {
  const [first, second] = [await disputed(), await disputed()];
  for (const { disputeId } of [first, second]) await sync(disputeId, 1);
  const query = `query($status: DisputeStatus, $first: Int, $after: String) { disputes(status: $status, first: $first, after: $after) {
    nodes { status amount { amount } withdrawn { amount } fee { amount } reason providerReference payment { id disputes { status } } order { id } }
    pageInfo { hasNextPage endCursor } } }`;
  const read = async (variables: object) =>
    (
      await t.call<{ disputes: { nodes: { providerReference: string }[]; pageInfo: { endCursor: string } } }>(
        query,
        { ...variables },
        staffCaller('finance'),
      )
    ).disputes;
  const page = await read({ status: 'NEEDS_RESPONSE', first: 1 });
  expect(page).toMatchObject({
    nodes: [
      {
        ...{ status: 'NEEDS_RESPONSE', amount: { amount: '25.99' }, withdrawn: { amount: '25.99' } },
        ...{ fee: { amount: '15.00' }, reason: 'fraudulent', providerReference: second.disputeId },
        payment: { id: second.id, disputes: [{ status: 'NEEDS_RESPONSE' }] },
        order: { id: second.input.orderId },
      },
    ],
    pageInfo: { hasNextPage: true },
  });
  const next = await read({ status: 'NEEDS_RESPONSE', first: 1, after: page.pageInfo.endCursor });
  expect(next.nodes[0]?.providerReference).toBe(first.disputeId);
  expect((await read({ status: 'CLOSED', first: 1 })).nodes).toHaveLength(1);
  expect(await t.refusal(query, {}, userCaller(second.input.customerId))).toBe('FORBIDDEN');
});
