import { serviceCaller } from '../shared/caller.js';
import { ConfigError } from '../shared/config.js';
import { openDatabase } from '../shared/db.js';
import { connectClient } from '../shared/open-transaction.js';
import { startConsumers, type Consumer } from '../shared/events/inbox.js';
import type { Parts } from '../shared/parts.js';
import { remembered, shortageOf, type Spare } from '../shared/readiness.js';
import { buildSchema } from '../shared/schema.js';
import { createSubgraph, type Subgraph } from '../shared/subgraph.js';
import { createVault } from '../shared/vault.js';
import { createContext, type Context, type Outside } from './context.js';
import * as disputeEvents from './dispute/events.js';
import * as methodEvents from './payment-method/events.js';
import * as paymentEvents from './payment/events.js';
import { timersConsumer } from './payment/provider-state.js';
import { policy } from './policy.js';
import { PrismaClient } from './prisma.generated/client.js';
import type { PaymentProvider } from './provider/provider.js';
import { createStripe, createStripeProvider } from './provider/stripe.js';
import * as reconciliationEvents from './reconciliation/events.js';
import { reconciliationConsumer, startReconciliation } from './reconciliation/service.js';
import * as refundEvents from './refund/events.js';
import { resolvers } from './resolvers.js';
import { readPaymentRules } from './settings.js';
import * as setupEvents from './setup/events.js';
import * as webhookEvents from './webhook/events.js';
import { startWebhookServer } from './webhook/server.js';
import { receiveEvent, removeOldEvents, webhooksConsumer } from './webhook/service.js';

const name = 'payments';

export const consumers: readonly Consumer<Context>[] = [
  { name: 'live', mode: 'transaction', handlers: { PaymentUpdated: paymentEvents.PaymentUpdated } },
  { name: 'customers', mode: 'lease', handlers: { UserDeleted: methodEvents.UserDeleted } },
  {
    name: webhooksConsumer,
    mode: 'lease',
    handlers: {},
    timers: { ProviderEvent: webhookEvents.ProviderEvent },
    // Most tell what the answer has told already and take one read of ours.
    batchSize: 10,
    restMs: 500,
  },
  {
    name: timersConsumer,
    mode: 'lease',
    handlers: {},
    timers: {
      PaymentCheck: paymentEvents.PaymentCheck,
      RefundCheck: refundEvents.RefundCheck,
      SetupCheck: setupEvents.SetupCheck,
      DisputeCheck: disputeEvents.DisputeCheck,
    },
    batchSize: 2,
  },
  {
    // By itself: a run takes as long as the provider's lists are, and payments' own timers must not wait for it.
    name: reconciliationConsumer,
    mode: 'lease',
    handlers: {},
    timers: { Reconcile: reconciliationEvents.Reconcile },
  },
];

export interface Payments extends Subgraph {
  /** Where the provider is to send its webhooks. */
  webhookUrl: string;
}

function stripeKeys({ stripe }: Parts['config']): { secretKey: string; webhookSecret: string } {
  const { secretKey, webhookSecret } = stripe;
  if (secretKey && webhookSecret) return { secretKey, webhookSecret };
  throw new ConfigError([
    'STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET are missing: payments needs both. Example: STRIPE_SECRET_KEY=sk_test_... STRIPE_WEBHOOK_SECRET=whsec_...',
  ]);
}

/** `wrapProvider` lets a test stand between payments and the provider. It listens for webhooks when this resolves. */
export async function createPayments(
  parts: Parts,
  wrapProvider: (provider: PaymentProvider) => PaymentProvider = (provider) => provider,
): Promise<Payments> {
  const { config, log, clock } = parts;
  const { secretKey, webhookSecret } = stripeKeys(config);
  const rules = readPaymentRules(config.paymentRules);
  const stripe = createStripe({ secretKey, apiBase: config.stripe.apiBase });
  const database = openDatabase({
    url: parts.databaseUrl(name),
    schema: name,
    onError: (error) => log.warn({ err: error }, 'payments lost a database connection'),
  });
  const outside: Outside = {
    db: await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool),
    vault: createVault({ masterKey: config.masterKey, clock, schema: name }),
    provider: wrapProvider(createStripeProvider(stripe)),
    rules,
  };
  const asService = (correlationId: string): Context =>
    createContext(parts, outside, serviceCaller(name, correlationId));
  const webhooks = await startWebhookServer({
    host: config.host,
    port: config.paymentsPort,
    stripe,
    secrets: webhookSecret.split(','),
    clock,
    log,
    receive: (event) => receiveEvent(asService(event.id), event),
  });
  const answers = () => stripe.paymentIntents.list({ limit: 1 }, { timeout: 2_000, maxNetworkRetries: 0 });
  const provider: Spare = {
    check: remembered(answers, 10_000, clock),
    otherwise: 'the payment provider does not answer: orders can be placed and not paid',
  };
  let running: { stop(): Promise<void> } | undefined;
  const subgraph = createSubgraph<Context>({
    name,
    schema: buildSchema({ name, resolvers, policy }),
    log,
    createContext: (caller) => createContext(parts, outside, caller),
    start: async () => {
      await startReconciliation(asService('start'));
      running = await startConsumers({
        ...{ schema: name, consumers, createContext: asService },
        removeOld: [removeOldEvents],
      });
    },
    ready: async () => {
      await outside.db.$queryRaw`SELECT 1`;
      return shortageOf([provider]);
    },
    stop: async () => {
      await webhooks.stop();
      await running?.stop();
      await outside.db.$disconnect();
      await database.close();
    },
  });
  return { ...subgraph, webhookUrl: webhooks.url };
}
