import { open, seal, type SubjectKey, type Vault } from '../../shared/vault.js';
import type { Db } from '../context.js';
import type { Address, AddressDetails, AddressType } from './rules.js';

const placeOf = (id: string) => ({ table: 'address', column: 'details', row: id });

interface Row {
  id: string;
  userId: string;
  type: string;
  isDefault: boolean;
  details: Uint8Array;
}

const addressOf = (row: Row, key: SubjectKey): Address => ({
  ...(JSON.parse(open(key, placeOf(row.id), row.details)) as AddressDetails),
  id: row.id,
  userId: row.userId,
  type: row.type as AddressType,
  isDefault: row.isDefault,
});

/** The users' address books, the oldest entry first. */
export async function readAddresses(db: Db, vault: Vault, userIds: readonly string[]): Promise<Address[]> {
  const rows = await db.address.findMany({ where: { userId: { in: [...userIds] } }, orderBy: { id: 'asc' } });
  return opened(db, vault, rows);
}

/** Those of the user's addresses that have these ids. */
export async function findAddresses(
  db: Db,
  vault: Vault,
  userId: string,
  ids: readonly string[],
): Promise<Address[]> {
  return opened(db, vault, await db.address.findMany({ where: { userId, id: { in: [...ids] } } }));
}

/** In the order of the rows; without those of users who have no key any more. */
async function opened(db: Db, vault: Vault, rows: readonly Row[]): Promise<Address[]> {
  const keys = await vault.findKeys(
    db,
    rows.map((row) => row.userId),
  );
  return rows.flatMap((row) => {
    const key = keys.get(row.userId);
    return key ? [addressOf(row, key)] : [];
  });
}

/**
 * Locks the user's account until the transaction ends, so that the address book is changed by one at a time; null when
 * there is no account, else the ids of its addresses.
 */
export async function lockAddressBook(db: Db, userId: string): Promise<string[] | null> {
  const accounts = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM user_account WHERE id = ${userId}::uuid AND deleted_at IS NULL FOR NO KEY UPDATE`;
  if (accounts.length === 0) return null;
  const rows = await db.address.findMany({ where: { userId }, select: { id: true } });
  return rows.map((row) => row.id);
}

/** Takes the default from the user's other addresses of these types. */
export async function clearDefaults(
  db: Db,
  userId: string,
  types: readonly AddressType[],
  exceptId: string,
): Promise<void> {
  await db.address.updateMany({
    where: { userId, isDefault: true, type: { in: [...types] }, id: { not: exceptId } },
    data: { isDefault: false },
  });
}

/** Adds or replaces an address of the user who owns it. */
export async function putAddress(db: Db, vault: Vault, address: Address, now: Date): Promise<void> {
  const { id, userId, type, isDefault, ...details } = address;
  const key = await vault.ensureKey(db, userId);
  const sealed = seal(key, placeOf(id), JSON.stringify(details));
  await db.$executeRaw`
    INSERT INTO address (id, user_id, type, is_default, details, created_at, updated_at)
    VALUES (${id}::uuid, ${userId}::uuid, ${type}, ${isDefault}, ${sealed}::bytea, ${now}::timestamptz,
            ${now}::timestamptz)
    ON CONFLICT (id) DO UPDATE SET type = excluded.type, is_default = excluded.is_default, details = excluded.details,
      updated_at = excluded.updated_at
    WHERE address.user_id = excluded.user_id`;
}

/** Of the user's own alone; nothing happens where it is not there. */
export async function deleteAddress(db: Db, userId: string, id: string): Promise<void> {
  await db.address.deleteMany({ where: { id, userId } });
}
