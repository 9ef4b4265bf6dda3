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
import { createPayments, type Payments } from '../main.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { openDatabase } from '../../shared/db.js';
import type { PaymentProvider } from '../provider/provider.js';

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
  close(): Promise<void>;
}

export interface TestOptions {
  sandbox?: Partial<StripeSandboxOptions>;
  /** Whether webhooks come at all. */
  webhooks?: boolean;
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
  parts.config.stripe = { ...parts.config.stripe, secretKey, webhookSecret, apiBase: sandbox.url };
  const payments = await createPayments(parts, options.wrapProvider);
  if (options.webhooks ?? true) sandbox.addWebhook({ url: payments.webhookUrl, secret: webhookSecret });
  if (options.consume ?? true) await payments.start();
  const database = openDatabase({
    url: parts.databaseUrl('payments'),
    schema: 'payments',
    onError: () => {},
  });
  const db = new PrismaClient({ adapter: database.adapter });
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

/** Types of the events that were written about an aggregate, in order. */
export async function eventsOf(test: PaymentsTest, aggregateId: string): Promise<string[]> {
  const rows = await test.db.outboxEvent.findMany({
    where: { aggregateId },
    orderBy: { aggregateSeq: 'asc' },
  });
  return rows.map((row) =>
    row.type === 'PaymentUpdated' ? `PaymentUpdated ${(row.payload as { status: string }).status}` : row.type,
  );
}

/** Asks again and again until there is an answer; the test's own time ends it otherwise. */
export async function until<T>(ask: () => Promise<T | false | null | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
