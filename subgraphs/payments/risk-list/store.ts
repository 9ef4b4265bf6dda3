import type { NewId } from '../../shared/ids.js';
import type { Db } from '../context.js';
import type { Prisma } from '../prisma.generated/client.js';
import type { RiskList, RiskListEntry, RiskListKind } from './rules.js';

type Row = Prisma.RiskListEntryGetPayload<object>;

const entryOf = ({ key: _key, list, kind, ...row }: Row): RiskListEntry => ({
  ...row,
  list: list as RiskList,
  kind: kind as RiskListKind,
});

/** In the order of `ids`; those that are gone are left out. */
export async function findEntries(db: Db, ids: readonly string[]): Promise<RiskListEntry[]> {
  const rows = await db.riskListEntry.findMany({ where: { id: { in: [...ids] } } });
  const byId = new Map(rows.map((row) => [row.id, entryOf(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export interface EntryQuery {
  list: RiskList | null;
  kind: RiskListKind | null;
  customerId: string | null;
  key: string | null;
  removed: boolean;
  after: string | null;
  limit: number;
}

/** The newest first: ids are made in time's order. */
export async function findEntriesOf(
  db: Db,
  { list, kind, customerId, key, removed, after, limit }: EntryQuery,
): Promise<RiskListEntry[]> {
  const rows = await db.riskListEntry.findMany({
    where: {
      removedAt: removed ? { not: null } : null,
      ...(list && { list }),
      ...(kind && { kind }),
      ...(customerId && { customerId }),
      ...(key && { key }),
      ...(after && { id: { lt: after } }),
    },
    orderBy: { id: 'desc' },
    take: limit,
  });
  return rows.map(entryOf);
}

export interface NewEntry {
  kind: RiskListKind;
  key: string;
  value: string | null;
  customerId: string | null;
  paymentId: string | null;
}

/** Puts things on a list; one that is there gets the new reason, end and actor. Their ids, in the order given. One statement. */
export async function saveEntries(
  db: Db,
  entries: readonly NewEntry[],
  on: { list: RiskList; reason: string; endsAt: Date | null; by: string | null; at: Date },
  newId: NewId,
): Promise<string[]> {
  const rows = entries.map(({ customerId, paymentId, ...entry }) => ({
    ...entry,
    ...{ id: newId(), customer_id: customerId, payment_id: paymentId },
  }));
  const saved = await db.$queryRaw<{ id: string; key: string }[]>`
    INSERT INTO risk_list_entry AS e (id, list, kind, key, value, customer_id, payment_id, reason, added_at, added_by, ends_at)
    SELECT id, ${on.list}, kind, key, value, customer_id, payment_id, ${on.reason}, ${on.at}::timestamptz, ${on.by}::uuid,
           ${on.endsAt}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS n(id uuid, kind text, key text, value text, customer_id uuid, payment_id uuid)
    ORDER BY key
    ON CONFLICT (key, list) DO UPDATE SET
      reason = excluded.reason, ends_at = excluded.ends_at, added_at = excluded.added_at, added_by = excluded.added_by,
      customer_id = coalesce(excluded.customer_id, e.customer_id),
      payment_id = coalesce(excluded.payment_id, e.payment_id)
    RETURNING id, key`;
  const byKey = new Map(saved.map(({ id, key }) => [key, id]));
  return entries.flatMap(({ key }) => byKey.get(key) ?? []);
}

/** Takes entries off their lists, and their hashes away; those that are off stay as they are. */
export async function removeEntries(
  db: Db,
  ids: readonly string[],
  { by, at }: { by: string | null; at: Date },
): Promise<void> {
  await db.$executeRaw`
    UPDATE risk_list_entry SET key = NULL, removed_at = ${at}::timestamptz, removed_by = ${by}::uuid
    WHERE id IN (SELECT id FROM risk_list_entry WHERE id = ANY(${[...ids]}::uuid[]) AND removed_at IS NULL
                 ORDER BY key FOR UPDATE) AND removed_at IS NULL`;
}

/** Takes off what has ended, and forgets what was off before `forgotten`. */
export async function endEntries(db: Db, { now, forgotten }: { now: Date; forgotten: Date }): Promise<void> {
  await db.$executeRaw`
    WITH ended AS (
      UPDATE risk_list_entry SET key = NULL, removed_at = ends_at
      WHERE id IN (SELECT id FROM risk_list_entry WHERE removed_at IS NULL AND ends_at <= ${now}::timestamptz
                   FOR UPDATE SKIP LOCKED)
    )
    DELETE FROM risk_list_entry WHERE removed_at < ${forgotten}::timestamptz`;
}

/** What stays of an erased person is what they are denied by, without their name, until `until` at the latest. */
export async function forgetEntriesOf(db: Db, customerId: string, { until }: { until: Date }): Promise<void> {
  await db.$executeRaw`
    WITH kept AS (
      UPDATE risk_list_entry SET customer_id = NULL, payment_id = NULL,
        ends_at = least(ends_at, ${until}::timestamptz)
      WHERE customer_id = ${customerId}::uuid AND list = 'DENY' AND kind <> 'CUSTOMER' AND removed_at IS NULL
    )
    DELETE FROM risk_list_entry
    WHERE customer_id = ${customerId}::uuid AND (list = 'ALLOW' OR kind = 'CUSTOMER' OR removed_at IS NOT NULL)`;
}
