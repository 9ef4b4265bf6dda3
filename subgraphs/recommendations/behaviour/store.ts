import type { Db } from '../context.js';
import type { BasketItem, Behaviour } from './rules.js';

/** A guest who signed in as a customer. */
export interface Join {
  guestId: string;
  customerId: string;
}

const base64 = (bytes: Uint8Array | undefined): string | null =>
  bytes ? Buffer.from(bytes).toString('base64') : null;

/**
 * Notes behaviour and the basket items that come of it; how many were new. Nothing is noted of erased subjects. An item
 * that is known gets the later time; it need not be learnt anew.
 */
export async function insertBehaviour(
  db: Db,
  behaviours: readonly Behaviour[],
  items: readonly BasketItem[],
): Promise<number> {
  const rows = behaviours.map(({ query, ...behaviour }) => ({ ...behaviour, query: base64(query) }));
  const [counted] = await db.$queryRaw<{ count: number }[]>`
    WITH erased AS (
      SELECT subject_id FROM erased_subject WHERE subject_id = ANY(${rows.map((row) => row.subjectId)}::uuid[])
    ), noted AS (
      INSERT INTO behaviour_event
        (subject_id, event_id, type, product_id, query, duration_ms, source, quantity, occurred_at)
      SELECT "subjectId", "eventId", type, "productId", decode(query, 'base64'), "durationMs", source, quantity,
             "occurredAt"
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS b("subjectId" uuid, "eventId" uuid, type text, "productId" uuid, query text, "durationMs" int, source text,
             quantity int, "occurredAt" timestamptz)
      WHERE "subjectId" NOT IN (SELECT subject_id FROM erased)
      ORDER BY "subjectId", "eventId"
      ON CONFLICT DO NOTHING
      RETURNING 1
    ), put AS (
      INSERT INTO basket_item (model, basket_id, product_id, subject_id, occurred_at, learned)
      SELECT model, "basketId", "productId", "subjectId", "occurredAt", false
      FROM jsonb_to_recordset(${JSON.stringify(items)}::jsonb)
        AS i(model text, "basketId" uuid, "productId" uuid, "subjectId" uuid, "occurredAt" timestamptz)
      WHERE "subjectId" NOT IN (SELECT subject_id FROM erased)
      ORDER BY model, "basketId", "productId"
      ON CONFLICT (model, basket_id, product_id)
        DO UPDATE SET occurred_at = greatest(basket_item.occurred_at, excluded.occurred_at)
    )
    SELECT count(*)::int AS count FROM noted`;
  return counted?.count ?? 0;
}

/** A guest is joined once, to the first. */
export async function insertJoins(db: Db, joins: readonly Join[]): Promise<void> {
  await db.joinedGuest.createMany({ data: [...joins], skipDuplicates: true });
}

/** Those of `subjectIds` that were erased. */
export async function findErased(db: Db, subjectIds: readonly string[]): Promise<string[]> {
  const rows = await db.erasedSubject.findMany({ where: { subjectId: { in: [...subjectIds] } } });
  return rows.map((row) => row.subjectId);
}

/** Deletes all that was noted of the customers and of guests who became them, for good; the ids of all of them. */
export async function eraseBehaviour(db: Db, customerIds: readonly string[], now: Date): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    WITH subjects AS (
      SELECT unnest(${[...customerIds]}::uuid[]) AS id
      UNION SELECT guest_id FROM joined_guest WHERE customer_id = ANY(${[...customerIds]}::uuid[])
    ), marked AS (
      INSERT INTO erased_subject (subject_id, erased_at) SELECT id, ${now}::timestamptz FROM subjects ORDER BY id
      ON CONFLICT DO NOTHING
    ), behaviours AS (
      DELETE FROM behaviour_event WHERE subject_id IN (SELECT id FROM subjects)
    ), items AS (
      DELETE FROM basket_item WHERE subject_id IN (SELECT id FROM subjects)
    )
    SELECT id FROM subjects`;
  return rows.map((row) => row.id);
}
