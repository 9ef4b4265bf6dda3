/** Saving methods at Stripe: SetupIntents. */
import Stripe from 'stripe';
import { ProviderRefused, type PaymentProvider } from './provider.js';
import { ask } from './stripe-errors.js';
import { setupOf } from './stripe-objects.js';

const expand = ['payment_method'];

/**
 * `usage` says that the customer is there when the method is used: nobody else pays with it. Stripe then asks for no more
 * than that needs.
 */
export function setupsOf(stripe: Stripe): Pick<PaymentProvider, 'createSetup' | 'getSetup' | 'cancelSetup'> {
  const getSetup: PaymentProvider['getSetup'] = async (id) =>
    setupOf(await ask(() => stripe.setupIntents.retrieve(id, { expand })));
  return {
    getSetup,
    createSetup: ({ setupId, methodId, customerId, returnUrl, key }) =>
      ask(async () => {
        const params: Stripe.SetupIntentCreateParams = {
          confirm: true,
          customer: customerId,
          payment_method: methodId,
          usage: 'on_session',
          metadata: { setup_id: setupId },
          automatic_payment_methods: { enabled: true, allow_redirects: returnUrl ? 'always' : 'never' },
          ...(returnUrl ? { return_url: returnUrl } : {}),
          expand,
        };
        try {
          return setupOf(await stripe.setupIntents.create(params, { idempotencyKey: key }));
        } catch (error) {
          // A decline: the setup was made, and comes with the error.
          const declined = error instanceof Stripe.errors.StripeError ? error.setup_intent : undefined;
          if (!declined) throw error;
          return setupOf(await stripe.setupIntents.retrieve(declined.id, { expand }));
        }
      }),
    cancelSetup: async (id) => {
      try {
        return setupOf(await ask(() => stripe.setupIntents.cancel(id, { expand })));
      } catch (error) {
        // It has gone on meanwhile: how it stands is what counts.
        if (error instanceof ProviderRefused) return getSetup(id);
        throw error;
      }
    },
  };
}
