import type { Db } from '../context.js';
import type { Account, Entry } from './rules.js';

/**
 * Adds entries; how many were new. One whose id is known is passed over, and one of an erased account. The update that
 * changes nothing locks the account, so that it is not erased meanwhile.
 */
export async function insertEntries(db: Db, entries: readonly Entry[]): Promise<number> {
  return db.$executeRaw`
    WITH news AS (
      SELECT id, "userId" AS user_id, amount, "occurredAt" AS occurred_at
      FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
        AS e(id uuid, "userId" uuid, amount int, "occurredAt" timestamptz)
    ), locked AS (
      INSERT INTO account (user_id) SELECT DISTINCT user_id FROM news ORDER BY user_id
      ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id
      RETURNING user_id, erased_at
    )
    INSERT INTO entry (id, user_id, amount, occurred_at)
    SELECT id, user_id, amount, occurred_at FROM news JOIN locked USING (user_id)
    WHERE erased_at IS NULL
    ORDER BY id
    ON CONFLICT (id) DO NOTHING`;
}

/** Accounts of those of `userIds` that have entries. */
export async function readAccounts(db: Db, userIds: readonly string[]): Promise<Account[]> {
  return db.$queryRaw<Account[]>`
    SELECT user_id AS "userId", sum(amount)::int AS balance
    FROM entry
    WHERE user_id = ANY(${[...userIds]}::uuid[])
    GROUP BY user_id`;
}

/** Deletes all entries of the users and keeps more from coming. In a transaction: the lock must outlive the first statement. */
export async function eraseAccounts(db: Db, userIds: readonly string[], now: Date): Promise<void> {
  await db.$executeRaw`
    INSERT INTO account (user_id, erased_at)
    SELECT DISTINCT user_id, ${now}::timestamptz FROM unnest(${[...userIds]}::uuid[]) AS u(user_id) ORDER BY user_id
    ON CONFLICT (user_id) DO UPDATE SET erased_at = excluded.erased_at`;
  await db.entry.deleteMany({ where: { userId: { in: [...userIds] } } });
}
