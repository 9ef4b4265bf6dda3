import { conflict, notFound, Refused } from '../../shared/errors.js';
import { idempotent } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { requireUser } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { User } from '../user/rules.js';
import {
  addressErrors,
  maxAddresses,
  overlapping,
  trimmed,
  type Address,
  type AddressDetails,
  type AddressType,
} from './rules.js';
import { clearDefaults, deleteAddress, findAddresses, lockAddressBook, putAddress } from './store.js';

/** A user's address book, the oldest entry first. */
export const addressesOf = (ctx: Context, userId: string): Promise<Address[]> =>
  ctx.loaders.addressesByUser.load(userId);

/** For other subgraphs: an entry of the customer's own book; null for any other id. */
export async function customerAddress(
  ctx: Context,
  { customerId, addressId }: { customerId: string; addressId: string },
): Promise<AddressDetails | null> {
  if (!isId(customerId) || !isId(addressId)) return null;
  const [found = null] = await findAddresses(ctx.db, ctx.vault, customerId, [addressId]);
  return found;
}

type Optional = 'company' | 'line2' | 'state' | 'phone';
export type SaveAddressInput = Omit<AddressDetails, Optional> & {
  [Field in Optional]?: string | null | undefined;
} & {
  idempotencyKey: string;
  id?: string | null | undefined;
  type?: AddressType | undefined;
  isDefault?: boolean | undefined;
};

interface Saved {
  /** Null where a repeat finds that it was removed meanwhile. */
  address: Address | null;
  user: User | null;
}

/** Adds an address to the viewer's book, or replaces the one of `input.id`; once per key. */
export async function saveAddress(
  ctx: Context,
  { idempotencyKey: key, ...input }: SaveAddressInput,
): Promise<Saved> {
  const userId = requireUser(ctx.viewer);
  const {
    id,
    type = 'BOTH',
    isDefault = false,
    company = null,
    line2 = null,
    state = null,
    phone = null,
    ...rest
  } = input;
  const details = trimmed({ ...rest, company, line2, state, phone });
  const errors = addressErrors(details);
  if (errors.length > 0) throw new Refused(...errors);
  const address: Address = { ...details, id: id ?? ctx.newId(), userId, type, isDefault };
  const call = { owner: userId, operation: 'saveAddress', key, input };
  const { outcome } = await idempotent(ctx, call, async (inner) => {
    const book = await lockAddressBook(inner.db, userId);
    if (!book) throw new Refused(notFound('user', []));
    if (id != null && !book.includes(id)) throw new Refused(notFound('address', ['id']));
    if (id == null && book.length >= maxAddresses) {
      throw new Refused(conflict('TOO_MANY_ADDRESSES', `An address book holds ${maxAddresses} addresses.`));
    }
    if (isDefault) await clearDefaults(inner.db, userId, overlapping(type), address.id);
    await putAddress(inner.db, inner.vault, address, inner.clock());
    return { addressId: address.id };
  });
  ctx.loaders.addressesByUser.clear(userId);
  const [saved = null] = await findAddresses(ctx.db, ctx.vault, userId, [outcome.addressId]);
  return { address: saved, user: await ctx.loaders.userById.load(userId) };
}

/** Takes an address out of the viewer's book. What is not in it (any more) is answered alike: a repeat is no mistake. */
export async function removeAddress(
  ctx: Context,
  { id }: { id: string },
): Promise<{ removedId: string; user: User | null }> {
  const userId = requireUser(ctx.viewer);
  if (isId(id)) await deleteAddress(ctx.db, userId, id);
  ctx.loaders.addressesByUser.clear(userId);
  return { removedId: id, user: await ctx.loaders.userById.load(userId) };
}
