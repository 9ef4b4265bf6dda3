/** For the tests of this folder: payments on a database of its own, against a sandbox of its own, as orders calls it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startStripeSandbox,
  type StripeSandbox,
  type StripeSandboxOptions,
} from '../../../local/stripe/server.js';
import { createTestParts, type TestParts } from '../../../tests/testkit/parts.js';
import { serviceCaller, type Caller } from '../../shared/caller.js';
import type Stripe from 'stripe';
import type { ConsumeOptions, Consumer } from '../../shared/events/inbox.js';
import { createVault } from '../../shared/vault.js';
import { createContext, type Context } from '../context.js';
import { consumers, createPayments, type Payments } from '../main.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { openDatabase } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import type { PaymentProvider } from '../provider/provider.js';
import { readPaymentRules } from '../settings.js';
import { createStripe, createStripeProvider } from '../provider/stripe.js';
import { eventually } from '../../../tests/testkit/eventually.js';

export const secretKey = 'sk_test_hanse';
export const webhookSecret = 'whsec_hanse';

export interface PaymentsTest {
  parts: TestParts;
  payments: Payments;
  sandbox: StripeSandbox;
  /** To look behind the API. */
  db: PrismaClient;
  call<T = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
    caller?: Caller,
  ): Promise<T>;
  /** The first error's code. */
  refusal(query: string, variables: Record<string, unknown>, caller: Caller): Promise<string | undefined>;
  /** Calls a helper of the sandbox under /_sandbox. */
  helper(path: string, body: object): Promise<void>;
  /** Waits until the sandbox has delivered all its webhooks and payments has handled them. */
  quiet(): Promise<void>;
  /** For `consumeOnce`: payments' consumers with their contexts. */
  consuming: ConsumeOptions<Context>;
  consumer(name: string): Consumer<Context>;
  close(): Promise<void>;
}

export interface TestOptions {
  sandbox?: Partial<StripeSandboxOptions>;
  /** Whether webhooks come at all. */
  webhooks?: boolean;
  /** With commas between them, where it is not the one. */
  webhookSecrets?: string;
  wrapProvider?: (provider: PaymentProvider) => PaymentProvider;
  consume?: boolean;
}

export const orders = (): Caller => serviceCaller('orders', 'test');

export async function startPayments(options: TestOptions = {}): Promise<PaymentsTest> {
  const parts = await createTestParts();
  const sandbox = await startStripeSandbox({
    dataFolder: mkdtempSync(join(tmpdir(), 'hanse-payments-')),
    secretKey,
    webhooks: [],
    clock: parts.clock,
    webhookRetry: { firstMs: 20, longestMs: 100 },
    ...options.sandbox,
  });
  const stripe = { secretKey, webhookSecret: options.webhookSecrets ?? webhookSecret, apiBase: sandbox.url };
  parts.config.stripe = { ...parts.config.stripe, ...stripe };
  const payments = await createPayments(parts, options.wrapProvider);
  if (options.webhooks ?? true) sandbox.addWebhook({ url: payments.webhookUrl, secret: webhookSecret });
  if (options.consume ?? true) await payments.start();
  const database = openDatabase({
    url: parts.databaseUrl('payments'),
    schema: 'payments',
    onError: () => {},
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const { wrapProvider = (provider) => provider } = options;
  const outside = {
    db,
    vault: createVault({ masterKey: parts.config.masterKey, clock: parts.clock, schema: 'payments' }),
    provider: wrapProvider(createStripeProvider(createStripe({ secretKey, apiBase: sandbox.url }))),
    rules: readPaymentRules(parts.config.paymentRules),
  };
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${sandbox.url}/_sandbox/${path}`, { ...init, headers: { authorization: `Bearer ${secretKey}` } });
  const execute = (query: string, variables: Record<string, unknown>, caller: Caller) =>
    payments.execute({ query, variables: JSON.parse(JSON.stringify(variables)) as typeof variables, caller });
  return {
    parts,
    payments,
    sandbox,
    db,
    call: async (query, variables = {}, caller = orders()) => {
      const { data, errors } = await execute(query, variables, caller);
      if (errors?.[0]) throw errors[0];
      return JSON.parse(JSON.stringify(data)) as never;
    },
    refusal: async (query, variables, caller) =>
      (await execute(query, variables, caller)).errors?.[0]?.extensions['code'] as string | undefined,
    helper: async (path, body) => {
      const response = await ask(path, { method: 'POST', body: JSON.stringify(body) });
      if (!response.ok) throw new Error(await response.text());
    },
    quiet: () =>
      eventually(async () => {
        const deliveries = (await (await ask('deliveries')).json()) as unknown[];
        const due = await db.inboxMessage.count({ where: { doneAt: null, runAt: { lte: parts.clock() } } });
        return deliveries.length === 0 && due === 0;
      }).then(() => undefined),
    consuming: {
      schema: 'payments',
      consumers,
      createContext: (correlationId) =>
        createContext(parts, outside, serviceCaller('payments', correlationId)),
    },
    consumer: (name) => {
      const found = consumers.find((one) => one.name === name);
      if (!found) throw new Error(`There is no consumer ${name}.`);
      return found;
    },
    close: async () => {
      await payments.stop();
      await sandbox.stop();
      await db.$disconnect();
      await database.close();
      await parts.close();
    },
  };
}

export const createPaymentMutation = `mutation($input: CreatePaymentInput!) {
  createPayment(input: $input) {
    payment { id status failureCode failureMessage amount { amount currencyCode } }
    clientSecret nextActionUrl
    userErrors { code message field }
  }
}`;

export interface Created {
  createPayment: {
    payment: {
      id: string;
      status: string;
      failureCode: string | null;
      failureMessage: string | null;
      amount: { amount: string; currencyCode: string };
    } | null;
    clientSecret: string | null;
    nextActionUrl: string | null;
    userErrors: { code: string; message: string; field: string[] | null }[];
  };
}

/** A first attempt to pay 25.99 EUR of a new order with a card that works; `changes` say what is different. */
export function paymentInput(parts: TestParts, changes: Record<string, unknown> = {}) {
  return {
    orderId: parts.newId(),
    customerId: parts.newId(),
    amount: { amount: '25.99', currencyCode: 'EUR' },
    paymentMethodId: 'pm_card_visa',
    attemptKey: '1',
    returnUrl: null,
    deadline: new Date(parts.clock().getTime() + 15 * 60_000),
    ...changes,
  };
}

export const create = async (test: PaymentsTest, input: object): Promise<Created['createPayment']> =>
  (await test.call<Created>(createPaymentMutation, { input })).createPayment;

export const cancelPaymentsMutation = `mutation($input: CancelPaymentsInput!) {
  cancelPayments(input: $input) { payments { id status } allEnded userErrors { code } }
}`;

interface Cancelled {
  payments: { id: string; status: string }[];
  allEnded: boolean;
}

export const cancel = async (test: PaymentsTest, orderId: string): Promise<Cancelled> =>
  (await test.call<{ cancelPayments: Cancelled }>(cancelPaymentsMutation, { input: { orderId } }))
    .cancelPayments;

/** Takes all timers away, so that only the test acts. */
export const dropTimers = async (test: PaymentsTest): Promise<void> =>
  void (await test.db.inboxMessage.deleteMany({ where: { consumer: 'timers' } }));

/** Types of the events that were written about an aggregate, in order. */
export async function eventsOf(test: PaymentsTest, aggregateId: string | undefined): Promise<string[]> {
  if (!aggregateId) return [];
  const rows = await test.db.outboxEvent.findMany({
    where: { aggregateId },
    orderBy: { aggregateSeq: 'asc' },
  });
  return rows.map((row) =>
    row.type === 'PaymentUpdated' ? `PaymentUpdated ${(row.payload as { status: string }).status}` : row.type,
  );
}

/** The provider's intents for an order, by its own account. */
export async function intentsOf(test: PaymentsTest, orderId: string): Promise<Stripe.PaymentIntent[]> {
  const stripe = stripeOf(test);
  const { data } = await stripe.paymentIntents.search({ query: `metadata['order_id']:'${orderId}'` });
  return data;
}

export const stripeOf = (test: PaymentsTest): Stripe =>
  createStripe({ secretKey, apiBase: test.sandbox.url });

/** The customer's answer on the bank's 3-D Secure page. */
export async function answerChallenge(url: string | null, outcome: 'complete' | 'fail'): Promise<void> {
  if (!url) throw new Error('There is no challenge.');
  const page = new URL(url);
  const body = new URLSearchParams({ outcome, client_secret: page.searchParams.get('client_secret') ?? '' });
  const { status } = await fetch(page, { method: 'POST', body, redirect: 'manual' });
  if (status >= 400) throw new Error(`The challenge answered ${status}.`);
}
