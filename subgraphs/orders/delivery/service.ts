import { badInput, conflict, Refused } from '../../shared/errors.js';
import { requireCustomer } from '../../shared/viewer.js';
import type { Cart } from '../cart/rules.js';
import { changeCart, type CartResult } from '../cart/change.js';
import { withPriceWarnings } from '../cart/service.js';
import type { Context } from '../context.js';
import { deliveryOf } from '../customer/keys.js';
import { addressErrors, sealDelivery, type Delivery } from '../order/address.js';
import { goesTo } from '../pricing/service.js';
import { destinationOf } from './destination.js';
import { savedAddresses, type SavedAddressIds } from './saved.js';

export interface SetCartDelivery extends Partial<Delivery>, SavedAddressIds {
  shippingMethodId?: string | undefined;
  expectedVersion?: number | null | undefined;
}

/** Sets what is given of e-mail, addresses and way of shipping; the method must take the cart as it then is. */
export async function setCartDelivery(ctx: Context, input: SetCartDelivery): Promise<CartResult> {
  const customerId = requireCustomer(ctx.viewer);
  for (const address of ['shippingAddress', 'billingAddress'] as const)
    if (input[address] && input[`${address}Id`])
      throw badInput(`Give ${address} or ${address}Id, not both.`, [`${address}Id`]);
  const errors = [
    ...addressErrors(input.shippingAddress ?? null, ['shippingAddress']),
    ...addressErrors(input.billingAddress ?? null, ['billingAddress']),
  ];
  if (errors.length > 0) throw new Refused(...errors);
  const saved = await savedAddresses(ctx, customerId, input);

  const key = await ctx.vault.ensureKey(ctx.db, customerId);
  ctx.loaders.keys.clear(customerId).prime(customerId, key);
  const patch = async (cart: Cart): Promise<Partial<Cart>> => {
    const { email = null } = input;
    const shippingAddress = saved.shippingAddress ?? input.shippingAddress ?? null;
    const billingAddress = saved.billingAddress ?? input.billingAddress ?? null;
    const shippingMethodId = input.shippingMethodId ?? cart.shippingMethodId;
    const address = shippingAddress ?? (await deliveryOf(ctx, 'cart', cart)).shippingAddress;
    const destination = address && destinationOf(address);
    if (input.shippingMethodId && !(await goesTo(ctx, cart, input.shippingMethodId, destination)))
      throw new Refused(
        conflict('SHIPPING_UNAVAILABLE', 'This way of shipping does not go there.', ['shippingMethodId']),
      );
    const given = sealDelivery(
      key,
      { table: 'cart', id: cart.id },
      { email, shippingAddress, billingAddress },
    );
    return {
      shippingMethodId,
      sealed: {
        email: given.email ?? cart.sealed.email,
        shippingAddress: given.shippingAddress ?? cart.sealed.shippingAddress,
        billingAddress: given.billingAddress ?? cart.sealed.billingAddress,
      },
    };
  };
  return withPriceWarnings(ctx, await changeCart(ctx, { patch, expectedVersion: input.expectedVersion }));
}
