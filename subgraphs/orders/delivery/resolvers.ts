import { cartPayload } from '../cart/payload.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { addressOf } from './inputs.js';
import { setCartDelivery } from './service.js';

export const Mutation = {
  setCartDelivery: (_parent, { input }, ctx) =>
    cartPayload(() =>
      setCartDelivery(ctx, {
        ...(input.email ? { email: input.email } : {}),
        ...(input.shippingAddress ? { shippingAddress: addressOf(input.shippingAddress) } : {}),
        ...(input.billingAddress ? { billingAddress: addressOf(input.billingAddress) } : {}),
        expectedVersion: input.expectedVersion,
        shippingAddressId: input.shippingAddressId,
        billingAddressId: input.billingAddressId,
        ...(input.shippingMethodId ? { shippingMethodId: input.shippingMethodId } : {}),
      }),
    ),
} satisfies Partial<MutationResolvers>;
