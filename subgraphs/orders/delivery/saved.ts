/** Entries of the customer's address book, which users keeps: an order takes a copy. */
import { notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import type { Context } from '../context.js';
import { CustomerAddressDocument } from '../operations/users.generated.js';
import type { Address } from '../order/address.js';

export interface SavedAddressIds {
  shippingAddressId?: string | null | undefined;
  billingAddressId?: string | null | undefined;
}

/** The entries that are named, null where none is; refused where the customer has no such. */
export async function savedAddresses(
  ctx: Context,
  customerId: string,
  { shippingAddressId, billingAddressId }: SavedAddressIds,
): Promise<{ shippingAddress: Address | null; billingAddress: Address | null }> {
  const find = async (addressId: string | null | undefined): Promise<Address | null> =>
    addressId && isId(addressId)
      ? (await ctx.call('users', CustomerAddressDocument, { customerId, addressId })).customerAddress
      : null;
  const [shippingAddress, billingAddress] = await Promise.all([
    find(shippingAddressId),
    find(billingAddressId),
  ]);
  const errors = [
    ...(shippingAddressId && !shippingAddress ? [notFound('address', ['shippingAddressId'])] : []),
    ...(billingAddressId && !billingAddress ? [notFound('address', ['billingAddressId'])] : []),
  ];
  if (errors.length > 0) throw new Refused(...errors);
  return { shippingAddress, billingAddress };
}
