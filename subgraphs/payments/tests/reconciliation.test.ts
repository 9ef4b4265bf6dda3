/** Payments and the provider are set at odds, each in one way, and the reconciler has to find it, once, and its end. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { anonymousCaller, guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import { consumeOnce } from '../../shared/events/inbox.js';
import type { Context } from '../context.js';
import { ProviderUnavailable, type PaymentProvider } from '../provider/provider.js';
import { Reconcile } from '../reconciliation/events.js';
import { startReconciliation } from '../reconciliation/service.js';
import {
  create,
  eventsOf,
  paymentInput,
  startPayments,
  stripeOf,
  type PaymentsTest,
} from './payments-test.js';

const line = { isCut: false, brokenIntent: '' };
function cuttable(provider: PaymentProvider): PaymentProvider {
  return {
    ...provider,
    listIntents: async (made) => {
      if (line.isCut) throw new ProviderUnavailable('cut', null);
      return provider.listIntents(made);
    },
    getIntent: async (id) => {
      if (id === line.brokenIntent) throw new Error('broken');
      return provider.getIntent(id);
    },
  };
}

let t: PaymentsTest;
beforeAll(async () => {
  t = await startPayments({ consume: false, webhooks: false, wrapProvider: cuttable });
});
afterAll(() => t.close());
beforeEach(() => {
  line.isCut = false;
  line.brokenIntent = '';
});

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const context = (): Context => t.consuming.createContext('test');
const paymentRow = (id: string) => t.db.payment.findUniqueOrThrow({ where: { id } });

/** Runs the timer's handler until all has been read. */
async function reconcile(): Promise<void> {
  const now = t.parts.clock();
  const isThrough = async (): Promise<boolean> =>
    ((await t.db.reconciliationProgress.findFirst())?.readUntil ?? 0) >= now;
  do await Reconcile(context());
  while (!(await isThrough()));
}
/** Past the time that is given to what is on its way. */
async function reconcileLater(): Promise<void> {
  t.parts.testClock.advance(16 * minute);
  await reconcile();
}

interface Break {
  id: string;
  kind: string;
  subject: string;
  status: string;
  providerReference: string;
  payment: { id: string } | null;
  refundId: string | null;
  order: { id: string } | null;
  shop: { status: string; amount: { amount: string; currencyCode: string } } | null;
  provider: { status: string; amount: { amount: string; currencyCode: string } } | null;
  resolvedBy: string | null;
  resolver: { id: string } | null;
  note: string | null;
}
const fields = `id kind subject status providerReference payment { id } refundId order { id }
  shop { status amount { amount currencyCode } } provider { status amount { amount currencyCode } }
  resolvedBy resolver { id } note`;
const listQuery = `query($status: ReconciliationBreakStatus, $first: Int, $after: String) {
  reconciliationBreaks(status: $status, first: $first, after: $after) {
    nodes { ${fields} } pageInfo { hasNextPage endCursor }
  }
}`;
interface Listed {
  reconciliationBreaks: { nodes: Break[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}
const list = async (variables: object = {}, caller = staffCaller('finance')) =>
  (await t.call<Listed>(listQuery, { first: 100, ...variables }, caller)).reconciliationBreaks;
/** All breaks of intents and refunds, as staff see them. */
const breaksOf = async (...references: string[]): Promise<Break[]> =>
  (await list()).nodes.filter((one) => references.includes(one.providerReference));
const standing = async (...references: string[]): Promise<string[]> =>
  (await breaksOf(...references))
    .map(({ kind, status, resolvedBy }) => `${kind} ${status}${resolvedBy ? ` by ${resolvedBy}` : ''}`)
    .sort();

/** An order of 25.99 EUR that was paid with us. */
async function paid() {
  const input = paymentInput(t.parts);
  const { payment } = await create(t, input);
  expect(payment?.status).toBe('SUCCEEDED');
  const { id, providerIntentId } = await paymentRow(payment?.id ?? '');
  return { orderId: input.orderId, paymentId: id, intentId: providerIntentId ?? '' };
}
/** As somebody with the shop's key would, past the shop. */
const payPastUs = (metadata: Record<string, string>) =>
  stripeOf(t).paymentIntents.create({
    ...{ amount: 1234, currency: 'eur', confirm: true, payment_method: 'pm_card_visa', metadata },
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
const refundMutation = `mutation($input: RefundPaymentInput!) {
  refundPayment(input: $input) { refund { id status } userErrors { code } }
}`;
async function refunded(orderId: string) {
  const refundId = t.parts.newId();
  const input = { orderId, refundId, amount: { amount: '10.00', currencyCode: 'EUR' } };
  await t.call(refundMutation, { input });
  const { providerRefundId } = await t.db.refund.findUniqueOrThrow({ where: { id: refundId } });
  return { refundId, providerRefundId: providerRefundId ?? '' };
}

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

const resolveMutation = `mutation($input: ResolveReconciliationBreakInput!) {
  resolveReconciliationBreak(input: $input) { reconciliationBreak { ${fields} } userErrors { code field } }
}`;
interface Resolved {
  resolveReconciliationBreak: {
    reconciliationBreak: Break | null;
    userErrors: { code: string; field: string[] }[];
  };
}
const resolve = async (input: object, caller = staffCaller('finance')) =>
  (await t.call<Resolved>(resolveMutation, { input }, caller)).resolveReconciliationBreak;

async function amountBreak() {
  const { paymentId, intentId } = await paid();
  const take = (capturedAmount: bigint) =>
    t.db.payment.update({ where: { id: paymentId }, data: { capturedAmount } });
  await take(2600n);
  await reconcileLater();
  const [found] = await breaksOf(intentId);
  if (!found) throw new Error('The break was not found.');
  return { found, intentId, take };
}

test('staff settle a break with a note; it stays settled until one side says something else', async () => {
  const { found, intentId, take } = await amountBreak();
  const finance = staffCaller('finance');
  const staffId = (finance.claims as { sub: string }).sub;
  const settled = {
    reconciliationBreak: {
      ...found,
      ...{ status: 'RESOLVED', resolvedBy: 'STAFF', resolver: { id: staffId }, note: 'A cent of theirs.' },
    },
    userErrors: [],
  };
  const input = { breakId: found.id, note: ' A cent of theirs. ', idempotencyKey: 'once' };
  expect(await resolve(input, finance)).toEqual(settled);
  expect(await resolve(input, finance)).toEqual(settled);
  expect(await resolve({ breakId: found.id, note: 'Another.' })).toEqual(settled);
  expect(await t.refusal(resolveMutation, { input: { ...input, note: 'Another.' } }, finance)).toBe(
    'IDEMPOTENCY_KEY_REUSED',
  );
  await reconcile();
  expect(await breaksOf(intentId)).toEqual([settled.reconciliationBreak]);
  expect(await eventsOf(t, found.id)).toEqual(['ReconciliationBreakFound']);
  await take(2601n);
  await reconcile();
  expect(await standing(intentId)).toEqual(['AMOUNT_DIFFERS OPEN']);
  expect(await eventsOf(t, found.id)).toEqual(['ReconciliationBreakFound', 'ReconciliationBreakFound']);
});

test('a break that is not there, no note and a very long one are refused', async () => {
  const { found, intentId } = await amountBreak();
  const codes = async (input: object) => (await resolve(input)).userErrors;
  const missing = [{ code: 'NOT_FOUND', field: ['breakId'] }];
  const badNote = [{ code: 'INVALID_INPUT', field: ['note'] }];
  expect(await codes({ breakId: t.parts.newId(), note: 'Why.' })).toEqual(missing);
  expect(await codes({ breakId: '1', note: 'Why.' })).toEqual(missing);
  expect(await codes({ breakId: found.id, note: ' ' })).toEqual(badNote);
  expect(await codes({ breakId: found.id, note: 'x'.repeat(1_001) })).toEqual(badNote);
  expect(await breaksOf(intentId)).toEqual([found]);
});

test('customers neither list nor settle breaks; who may read payments may list them and not settle', async () => {
  const { found, intentId } = await amountBreak();
  const input = { breakId: found.id, note: 'Mine now.' };
  for (const [caller, code] of [
    [anonymousCaller(), 'UNAUTHENTICATED'],
    [guestCaller(), 'FORBIDDEN'],
    [userCaller(), 'FORBIDDEN'],
    [staffCaller('warehouse'), 'FORBIDDEN'],
  ] as const) {
    expect(await t.refusal(listQuery, {}, caller)).toBe(code);
    expect(await t.refusal(resolveMutation, { input }, caller)).toBe(code);
  }
  expect((await list({}, staffCaller('support'))).nodes.map(({ id }) => id)).toContain(found.id);
  expect(await t.refusal(resolveMutation, { input }, staffCaller('support'))).toBe('FORBIDDEN');
  expect(await breaksOf(intentId)).toEqual([found]);
});

test('the list goes by pages, the newest first, of one status or of all', async () => {
  const [older, newer] = [await amountBreak(), await amountBreak()];
  await resolve({ breakId: older.found.id, note: 'Known.' });
  const all = (await list()).nodes.map(({ id }) => id);
  expect(all.slice(0, 2)).toEqual([newer.found.id, older.found.id]);
  const first = await list({ first: 1 });
  expect(first.pageInfo.hasNextPage).toBe(true);
  const second = await list({ first: 1, after: first.pageInfo.endCursor });
  expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual([newer.found.id, older.found.id]);
  const ids = async (status: string) => (await list({ status })).nodes.map(({ id }) => id);
  expect(await ids('OPEN')).toContain(newer.found.id);
  expect(await ids('OPEN')).not.toContain(older.found.id);
  expect(await ids('RESOLVED')).toContain(older.found.id);
});

const timer = () => t.db.inboxMessage.findFirstOrThrow({ where: { consumer: 'reconciliation' } });
const run = () => consumeOnce(t.consuming, t.consumer('reconciliation'));

test('its timer comes once an hour, however often processes start, and an outage puts it off and loses nothing', async () => {
  await reconcile();
  const read = async () => (await t.db.reconciliationProgress.findFirstOrThrow()).readUntil;
  const due = (await read()).getTime() + hour;
  await Promise.all([startReconciliation(context()), startReconciliation(context())]);
  expect((await timer()).runAt.getTime()).toBe(due);
  expect(await t.db.inboxMessage.count({ where: { consumer: 'reconciliation' } })).toBe(1);
  expect(await run()).toBe(0);

  const intent = await payPastUs({ order_id: t.parts.newId() });
  const before = await read();
  t.parts.testClock.advance(hour);
  line.isCut = true;
  expect(await run()).toBe(1);
  expect(await read()).toEqual(before);
  const putOff = await timer();
  expect(putOff).toMatchObject({ doneAt: null, attempts: 0 });
  expect(putOff.runAt > t.parts.clock()).toBe(true);
  await startReconciliation(context());
  expect(await timer()).toEqual(putOff);
  expect(await standing(intent.id)).toEqual([]);

  line.isCut = false;
  t.parts.testClock.advance(15 * minute);
  expect(await run()).toBe(1);
  expect(await standing(intent.id)).toEqual(['UNKNOWN_AT_SHOP OPEN']);
  expect((await timer()).runAt.getTime()).toBe((await read()).getTime() + hour);
});

test('who was away for days reads day by day, one run soon after the other', async () => {
  const intent = await payPastUs({ order_id: t.parts.newId() });
  await reconcile();
  t.parts.testClock.advance(3 * day + hour);
  await startReconciliation(context());
  for (let runs = 0; runs < 4; runs += 1) {
    t.parts.testClock.advance(10_000);
    expect(await run()).toBe(1);
    expect((await timer()).doneAt).toBeNull();
  }
  t.parts.testClock.advance(10_000);
  expect(await run()).toBe(0);
  expect(await standing(intent.id)).toEqual(['UNKNOWN_AT_SHOP OPEN']);
});

test('two processes that compare at once find each break once', async () => {
  const intent = await payPastUs({ order_id: t.parts.newId() });
  await Promise.all([Reconcile(context()), Reconcile(context()), Reconcile(context())]);
  const found = await breaksOf(intent.id);
  expect(found).toHaveLength(1);
  expect(await eventsOf(t, found[0]?.id)).toEqual(['ReconciliationBreakFound']);
});
