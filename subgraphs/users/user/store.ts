import type { Page } from '../../shared/pages.js';
import type { Role } from '../../shared/viewer.js';
import type { Vault } from '../../shared/vault.js';
import type { Db } from '../context.js';
import { timeAndIdAfter } from '../keyset.js';
import type { UserAccount } from '../prisma.generated/client.js';
import type { PersonalFields, Preferences, User } from './rules.js';
import { emailIndexOf, sealed, userOf, usernameIndexOf } from './sealed.js';

/** Opens rows, two statements at most; those whose key has been destroyed meanwhile are left out. */
async function opened(db: Db, vault: Vault, rows: readonly UserAccount[]): Promise<User[]> {
  const keys = await vault.findKeys(
    db,
    rows.map((row) => row.id),
  );
  return rows.flatMap((row) => {
    const key = keys.get(row.id);
    return key ? [userOf(row, key)] : [];
  });
}

/** Users by their ids, in no order; unknown and deleted ones are left out. */
export async function readUsers(db: Db, vault: Vault, ids: readonly string[]): Promise<User[]> {
  return opened(
    db,
    vault,
    await db.userAccount.findMany({ where: { id: { in: [...ids] }, deletedAt: null } }),
  );
}

/** One more than the page shows, the newest first; with `email` the one account that has it. */
export async function readUserPage(db: Db, vault: Vault, email: string | null, page: Page): Promise<User[]> {
  const after = timeAndIdAfter(page);
  const rows = await db.userAccount.findMany({
    where: {
      deletedAt: null,
      ...(email === null ? {} : { emailIndex: emailIndexOf(vault, email) }),
      ...(after
        ? { OR: [{ createdAt: { lt: after.time } }, { createdAt: after.time, id: { lt: after.id } }] }
        : {}),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: page.limit + 1,
  });
  return opened(db, vault, rows);
}

export interface Credentials {
  id: string;
  passwordHash: string | null;
  roles: Role[];
}

const credentialColumns = { id: true, passwordHash: true, roles: true } as const;

export async function findCredentialsByEmail(
  db: Db,
  vault: Vault,
  email: string,
): Promise<Credentials | null> {
  const row = await db.userAccount.findUnique({
    where: { emailIndex: emailIndexOf(vault, email), deletedAt: null },
    select: credentialColumns,
  });
  return row && { ...row, roles: row.roles as Role[] };
}

export async function findCredentialsById(db: Db, id: string): Promise<Credentials | null> {
  const row = await db.userAccount.findUnique({ where: { id, deletedAt: null }, select: credentialColumns });
  return row && { ...row, roles: row.roles as Role[] };
}

export interface NewUser extends PersonalFields {
  id: string;
  passwordHash: string | null;
  locale: string;
  currencyCode: string;
  preferences: Preferences;
  roles: readonly Role[];
  createdAt: Date;
}

const preferenceColumns = ({ email, sms, push, marketing, theme, timeZone }: Partial<Preferences>) => ({
  ...(email === undefined ? {} : { emailNotifications: email }),
  ...(sms === undefined ? {} : { smsNotifications: sms }),
  ...(push === undefined ? {} : { pushNotifications: push }),
  ...(marketing === undefined ? {} : { marketing }),
  ...(theme === undefined ? {} : { theme }),
  ...(timeZone === undefined ? {} : { timeZone }),
});

/** Adds an account unless its address or username is taken; whether it was added. */
export async function insertUser(db: Db, vault: Vault, user: NewUser): Promise<boolean> {
  const key = await vault.ensureKey(db, user.id);
  const { preferences, roles, createdAt, passwordHash, locale, currencyCode, id } = user;
  const { count } = await db.userAccount.createMany({
    data: {
      id,
      passwordHash,
      locale,
      currencyCode,
      emailNotifications: preferences.email,
      smsNotifications: preferences.sms,
      pushNotifications: preferences.push,
      marketing: preferences.marketing,
      theme: preferences.theme,
      timeZone: preferences.timeZone,
      ...sealed(key, vault, id, user),
      roles: [...roles],
      version: 1,
      createdAt,
      updatedAt: createdAt,
    },
    skipDuplicates: true,
  });
  return count > 0;
}

/** Which of the two is taken by another account than `exceptId`. */
export async function findTaken(
  db: Db,
  vault: Vault,
  names: { email?: string; username?: string },
  exceptId?: string,
): Promise<{ email: boolean; username: boolean }> {
  const email = names.email === undefined ? null : emailIndexOf(vault, names.email);
  const username = names.username === undefined ? null : usernameIndexOf(vault, names.username);
  const rows = await db.$queryRaw<{ email: boolean | null; username: boolean | null }[]>`
    SELECT bool_or(email_index = ${email}::bytea) AS email, bool_or(username_index = ${username}::bytea) AS username
    FROM user_account
    WHERE (email_index = ${email}::bytea OR username_index = ${username}::bytea)
      AND id IS DISTINCT FROM ${exceptId ?? null}::uuid`;
  return { email: rows[0]?.email ?? false, username: rows[0]?.username ?? false };
}

export interface UserChanges extends Partial<PersonalFields> {
  locale?: string;
  currencyCode?: string;
  preferences?: Partial<Preferences>;
  roles?: readonly Role[];
}

/** Writes the changes if the account is there and, where one is given, has `expectedVersion`; whether it did. */
export async function updateUser(
  db: Db,
  vault: Vault,
  id: string,
  changes: UserChanges,
  now: Date,
  expectedVersion?: number | null,
): Promise<boolean> {
  const { locale, currencyCode, preferences = {}, roles } = changes;
  const keys = await vault.findKeys(db, [id]);
  const key = keys.get(id);
  if (!key) return false;
  const { count } = await db.userAccount.updateMany({
    where: { id, deletedAt: null, ...(expectedVersion == null ? {} : { version: expectedVersion }) },
    data: {
      ...sealed(key, vault, id, changes),
      ...preferenceColumns(preferences),
      ...(locale === undefined ? {} : { locale }),
      ...(currencyCode === undefined ? {} : { currencyCode }),
      ...(roles === undefined ? {} : { roles: [...roles] }),
      version: { increment: 1 },
      updatedAt: now,
    },
  });
  return count > 0;
}

/** Of two that change a password at once one finds the hash that it read: whether this one did. */
export async function replacePasswordHash(
  db: Db,
  id: string,
  { from, to }: { from: string; to: string },
  now: Date,
): Promise<boolean> {
  const { count } = await db.userAccount.updateMany({
    where: { id, passwordHash: from, deletedAt: null },
    data: { passwordHash: to, version: { increment: 1 }, updatedAt: now },
  });
  return count > 0;
}

/** Locks the accounts of all admins, in id order, until the transaction ends: who they are, then, is certain. */
export async function lockAdmins(db: Db): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM user_account WHERE roles @> ARRAY['admin'] AND roles <> ARRAY['customer'] AND deleted_at IS NULL
    ORDER BY id FOR UPDATE`;
  return rows.map((row) => row.id);
}

/**
 * Empties the account for ever, with its address book, wishlist, notifications and what is noted of registrations of its
 * address; whether it was there.
 */
export async function forgetUser(db: Db, vault: Vault, id: string, now: Date): Promise<boolean> {
  const forgotten = await db.$queryRaw<{ id: string }[]>`
    WITH gone AS (
      UPDATE user_account
      SET email = NULL, email_index = NULL, username = NULL, username_index = NULL, password_hash = NULL,
          first_name = NULL, last_name = NULL, phone = NULL, date_of_birth = NULL, avatar_url = NULL,
          roles = ARRAY['customer'], version = version + 1, updated_at = ${now}::timestamptz,
          deleted_at = ${now}::timestamptz
      WHERE id = ${id}::uuid AND deleted_at IS NULL RETURNING id
    ), addresses AS (DELETE FROM address a USING gone WHERE a.user_id = gone.id
    ), wishes AS (DELETE FROM wishlist_item w USING gone WHERE w.user_id = gone.id
    ), notes AS (DELETE FROM notification n USING gone WHERE n.user_id = gone.id
    ), registrations AS (
      -- All parts of a statement see the rows as they were before it: the index is still there.
      DELETE FROM idempotency_key k USING user_account u
      WHERE u.id = ${id}::uuid AND k.owner = encode(u.email_index, 'hex')
    )
    SELECT id FROM gone`;
  await vault.destroyKey(db, id);
  return forgotten.length > 0;
}
