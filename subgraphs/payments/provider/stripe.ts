/** Stripe, or what speaks as it does (the sandbox), behind the port of provider.ts. */
import Stripe from 'stripe';
import type { Money } from '../../shared/money.js';
import { intentOf, isRelease, listedIntentOf, listedRefundOf, methodOf, refundOf } from './stripe-objects.js';
import { ask, isCode, unlessMissing } from './stripe-errors.js';
import { allOf, madeIn } from './stripe-lists.js';
import { moneyOfAccount } from './stripe-money.js';
import { setupsOf } from './stripe-setups.js';
import {
  ProviderRefused,
  type IntentRequest,
  type PaymentProvider,
  type ProviderIntent,
} from './provider.js';

export interface StripeOptions {
  secretKey: string;
  /** Another server that speaks as Stripe does. */
  apiBase: string | undefined;
}

/** Stripe's client for these options: short timeouts, few retries of its own (each with the same idempotency key). */
export function createStripe({ secretKey, apiBase }: StripeOptions): Stripe {
  const base = apiBase ? new URL(apiBase) : undefined;
  return new Stripe(secretKey, {
    timeout: 10_000,
    maxNetworkRetries: 2,
    telemetry: false,
    ...(base
      ? {
          host: base.hostname,
          port: base.port || (base.protocol === 'https:' ? 443 : 80),
          protocol: base.protocol === 'https:' ? 'https' : 'http',
        }
      : {}),
  });
}

const expand = ['latest_charge.balance_transaction', 'payment_method'];

/** A shop has more intents in a minute than this only past the size where one looks elsewhere. */
const mostScanned = 1_000;

const paramsOf = (request: IntentRequest): Stripe.PaymentIntentCreateParams => ({
  amount: minorUnits(request.amount),
  currency: request.amount.currencyCode.toLowerCase(),
  confirm: true,
  // Not the asynchronous kind: the fee is known with the payment.
  capture_method: request.captureMethod === 'MANUAL' ? 'manual' : 'automatic',
  payment_method: request.methodId,
  metadata: { payment_id: request.paymentId, order_id: request.orderId },
  automatic_payment_methods: { enabled: true, allow_redirects: request.returnUrl ? 'always' : 'never' },
  ...(request.customerId ? { customer: request.customerId } : {}),
  ...(request.returnUrl ? { return_url: request.returnUrl } : {}),
  ...(request.strongAuthentication
    ? { payment_method_options: { card: { request_three_d_secure: 'any' } } }
    : {}),
  expand,
});

/** Stripe's amounts are JSON numbers; compliance allows far less than 2^53. */
function minorUnits({ amount }: Money): number {
  return Number(amount);
}

export function createStripeProvider(stripe: Stripe): PaymentProvider {
  const getIntent = async (id: string): Promise<ProviderIntent> =>
    intentOf(await ask(() => stripe.paymentIntents.retrieve(id, { expand })));

  return {
    createIntent: (request) =>
      ask(async () => {
        try {
          return intentOf(
            await stripe.paymentIntents.create(paramsOf(request), { idempotencyKey: request.key }),
          );
        } catch (error) {
          // A decline: the intent was made, and comes with the error.
          const declined = error instanceof Stripe.errors.StripeError ? error.payment_intent : undefined;
          if (!declined) throw error;
          return intentOf(await stripe.paymentIntents.retrieve(declined.id, { expand }));
        }
      }),
    getIntent,
    findIntentOf: (paymentId, since) =>
      ask(async () => {
        const created = { gte: Math.floor(since.getTime() / 1000) };
        let scanned = 0;
        for await (const intent of stripe.paymentIntents.list({ created, limit: 100 })) {
          scanned += 1;
          if (intent.metadata['payment_id'] === paymentId)
            return intentOf(await stripe.paymentIntents.retrieve(intent.id, { expand }));
          if (scanned === mostScanned)
            throw new Error(`more than ${mostScanned} intents since ${since.toISOString()}`);
        }
        return null;
      }),
    listIntents: (made) =>
      ask(() =>
        allOf(
          stripe.paymentIntents.list({ ...madeIn(made), expand: ['data.latest_charge.balance_transaction'] }),
          listedIntentOf,
        ),
      ),
    findIntent: (id) =>
      unlessMissing(
        ask(async () =>
          listedIntentOf(
            await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.balance_transaction'] }),
          ),
        ),
      ),
    cancelIntent: async (id) => {
      try {
        return intentOf(await ask(() => stripe.paymentIntents.cancel(id, { expand })));
      } catch (error) {
        // It has gone on meanwhile, or is under way at a bank, which has several codes: how it stands is what counts.
        if (error instanceof ProviderRefused) return getIntent(id);
        throw error;
      }
    },
    captureIntent: async (id, amount, key) => {
      const params = { amount_to_capture: Number(amount), expand };
      try {
        return intentOf(await ask(() => stripe.paymentIntents.capture(id, params, { idempotencyKey: key })));
      } catch (error) {
        // Taken already, given up or lapsed meanwhile: how it stands is what counts.
        if (isCode(error, 'payment_intent_unexpected_state', 'charge_expired_for_capture'))
          return getIntent(id);
        throw error;
      }
    },
    createRefund: ({ intentId, refundId, amount, key }) =>
      ask(async () =>
        refundOf(
          await stripe.refunds.create(
            { payment_intent: intentId, amount: Number(amount), metadata: { refund_id: refundId } },
            { idempotencyKey: key },
          ),
        ),
      ),
    getRefund: async (id) => refundOf(await ask(() => stripe.refunds.retrieve(id))),
    findRefundOf: (refundId, intentId) =>
      ask(async () => {
        for await (const refund of stripe.refunds.list({ payment_intent: intentId, limit: 100 }))
          if (refund.metadata?.['refund_id'] === refundId) return refundOf(refund);
        return null;
      }),
    listRefunds: (made) =>
      ask(async () => {
        const all = await allOf(stripe.refunds.list(madeIn(made)), (one) => one);
        return all.filter((one) => !isRelease(one)).map(listedRefundOf);
      }),
    findRefund: (id) => unlessMissing(ask(async () => listedRefundOf(await stripe.refunds.retrieve(id)))),
    createCustomer: async (customerId, key) =>
      (
        await ask(() =>
          stripe.customers.create({ metadata: { customer_id: customerId } }, { idempotencyKey: key }),
        )
      ).id,
    deleteCustomer: async (providerCustomerId) => {
      try {
        await ask(() => stripe.customers.del(providerCustomerId));
      } catch (error) {
        if (!isCode(error, 'resource_missing')) throw error;
      }
    },
    ...setupsOf(stripe),
    ...moneyOfAccount(stripe),
    getMethod: async (methodId) => methodOf(await ask(() => stripe.paymentMethods.retrieve(methodId))),
    detachMethod: async (methodId) => {
      try {
        await ask(() => stripe.paymentMethods.detach(methodId));
      } catch (error) {
        // Gone, or not attached: both are what was wanted.
        if (!(error instanceof ProviderRefused)) throw error;
      }
    },
  };
}
