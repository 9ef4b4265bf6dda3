/** For the tests of reconciliation: payments and the provider, set at odds, and what the reconciler makes of it. */
import { expect } from '@jest/globals';
import { staffCaller } from '../../../tests/testkit/parts.js';
import type { Context } from '../context.js';
import { ProviderUnavailable, type PaymentProvider } from '../provider/provider.js';
import { Reconcile } from '../reconciliation/events.js';
import { create, paymentInput, startPayments, stripeOf, type PaymentsTest } from './payments-test.js';

/** What goes wrong between payments and the provider. */
export const line = { isCut: false, brokenIntent: '' };
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

export let t: PaymentsTest;

/** For `beforeAll`: payments of which only the test moves the timers. */
export async function start(): Promise<void> {
  t = await startPayments({ consume: false, webhooks: false, wrapProvider: cuttable });
}

/** For `beforeEach`. */
export function mendLine(): void {
  line.isCut = false;
  line.brokenIntent = '';
}

export const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
export const context = (): Context => t.consuming.createContext('test');
export const paymentRow = (id: string) => t.db.payment.findUniqueOrThrow({ where: { id } });

/** Runs the timer's handler until all has been read. */
export async function reconcile(): Promise<void> {
  const now = t.parts.clock();
  const isThrough = async (): Promise<boolean> =>
    ((await t.db.reconciliationProgress.findFirst())?.readUntil ?? 0) >= now;
  do await Reconcile(context());
  while (!(await isThrough()));
}
/** Past the time that is given to what is on its way. */
export async function reconcileLater(): Promise<void> {
  t.parts.testClock.advance(16 * minute);
  await reconcile();
}

export interface Break {
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
export const fields = `id kind subject status providerReference payment { id } refundId order { id }
  shop { status amount { amount currencyCode } } provider { status amount { amount currencyCode } }
  resolvedBy resolver { id } note`;
export const listQuery = `query($status: ReconciliationBreakStatus, $first: Int, $after: String) {
  reconciliationBreaks(status: $status, first: $first, after: $after) {
    nodes { ${fields} } pageInfo { hasNextPage endCursor }
  }
}`;
export interface Listed {
  reconciliationBreaks: { nodes: Break[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}
export const list = async (variables: object = {}, caller = staffCaller('finance')) =>
  (await t.call<Listed>(listQuery, { first: 100, ...variables }, caller)).reconciliationBreaks;
/** All breaks of intents and refunds, as staff see them. */
export const breaksOf = async (...references: string[]): Promise<Break[]> =>
  (await list()).nodes.filter((one) => references.includes(one.providerReference));
export const standing = async (...references: string[]): Promise<string[]> =>
  (await breaksOf(...references))
    .map(({ kind, status, resolvedBy }) => `${kind} ${status}${resolvedBy ? ` by ${resolvedBy}` : ''}`)
    .sort();

/** An order of 25.99 EUR that was paid with us. */
export async function paid() {
  const input = paymentInput(t.parts);
  const { payment } = await create(t, input);
  expect(payment?.status).toBe('SUCCEEDED');
  const { id, providerIntentId } = await paymentRow(payment?.id ?? '');
  return { orderId: input.orderId, paymentId: id, intentId: providerIntentId ?? '' };
}
/** As somebody with the shop's key would, past the shop. */
export const payPastUs = (metadata: Record<string, string>) =>
  stripeOf(t).paymentIntents.create({
    ...{ amount: 1234, currency: 'eur', confirm: true, payment_method: 'pm_card_visa', metadata },
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
export const refundMutation = `mutation($input: RefundPaymentInput!) {
  refundPayment(input: $input) { refund { id status } userErrors { code } }
}`;
export async function refunded(orderId: string) {
  const refundId = t.parts.newId();
  const input = { orderId, refundId, amount: { amount: '10.00', currencyCode: 'EUR' } };
  await t.call(refundMutation, { input });
  const { providerRefundId } = await t.db.refund.findUniqueOrThrow({ where: { id: refundId } });
  return { refundId, providerRefundId: providerRefundId ?? '' };
}
