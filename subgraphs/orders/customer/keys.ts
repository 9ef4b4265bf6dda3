/** Opening what is sealed with a customer's key; the keys of a list are read in one statement. */
import type { Context } from '../context.js';
import { openDelivery, type Delivery } from '../order/address.js';

interface Sealed {
  email: Uint8Array | null;
  shippingAddress: Uint8Array | null;
  billingAddress: Uint8Array | null;
}

/** E-mail and addresses of a cart or order; nulls where there are none or the customer was deleted. */
export async function deliveryOf(
  ctx: Context,
  table: 'cart' | 'orders',
  owned: { id: string; customerId: string; sealed: Sealed },
): Promise<Delivery> {
  const { email, shippingAddress, billingAddress } = owned.sealed;
  const key =
    email || shippingAddress || billingAddress ? await ctx.loaders.keys.load(owned.customerId) : null;
  return openDelivery(key, { table, id: owned.id }, owned.sealed);
}
