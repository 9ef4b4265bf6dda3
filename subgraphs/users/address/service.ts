import { conflict, notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
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
import { clearDefaults, deleteAddress, lockAddressBook, putAddress } from './store.js';

/** A user's address book, the oldest entry first. */
export const addressesOf = (ctx: Context, userId: string): Promise<Address[]> =>
  ctx.loaders.addressesByUser.load(userId);

type Optional = 'company' | 'line2' | 'state' | 'phone';
export type SaveAddressInput = Omit<AddressDetails, Optional> & {
  [Field in Optional]?: string | null | undefined;
} & { id?: string | null | undefined; type?: AddressType | undefined; isDefault?: boolean | undefined };

interface Saved {
  address: Address;
  user: User | null;
}

/** Adds an address to the viewer's book, or replaces the one of `input.id`. */
export async function saveAddress(ctx: Context, input: SaveAddressInput): Promise<Saved> {
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
  await transact(ctx, async (inner) => {
    const book = await lockAddressBook(inner.db, userId);
    if (!book) throw new Refused(notFound('user', []));
    if (id != null && !book.includes(id)) throw new Refused(notFound('address', ['id']));
    if (id == null && book.length >= maxAddresses) {
      throw new Refused(conflict('TOO_MANY_ADDRESSES', `An address book holds ${maxAddresses} addresses.`));
    }
    if (isDefault) await clearDefaults(inner.db, userId, overlapping(type), address.id);
    await putAddress(inner.db, inner.vault, address, inner.clock());
  });
  ctx.loaders.addressesByUser.clear(userId);
  return { address, user: await ctx.loaders.userById.load(userId) };
}

/** Takes an address out of the viewer's book. */
export async function removeAddress(
  ctx: Context,
  { id }: { id: string },
): Promise<{ removedId: string; user: User | null }> {
  const userId = requireUser(ctx.viewer);
  if (!isId(id) || !(await deleteAddress(ctx.db, userId, id))) throw new Refused(notFound('address', ['id']));
  ctx.loaders.addressesByUser.clear(userId);
  return { removedId: id, user: await ctx.loaders.userById.load(userId) };
}
