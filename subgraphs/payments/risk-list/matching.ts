/** Looking on the lists of risk: pieces of SQL for statements that other stores make anyway. */
import { sqltag as sql } from '@prisma/client/runtime/client';
import type { Fragment } from '../../shared/events/consequences.js';

const holds = (now: Date): Fragment => sql`(e.ends_at IS NULL OR e.ends_at > ${now}::timestamptz)`;

/** An expression: the entries that hold for any of `keys`, an expression of text[]; JSON, see `Listed`. */
export const listedUnder = (keys: Fragment, now: Date): Fragment => sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'list', e.list, 'kind', e.kind) ORDER BY e.id), '[]')
  FROM risk_list_entry e WHERE e.key = ANY(${keys}) AND ${holds(now)})`;

/** An expression: the lists on which any card is, as text[]. A limit keeps the planner from reading all cards that are listed. */
export const listsOfCards = (now: Date): Fragment => sql`ARRAY(
  SELECT l FROM unnest(ARRAY['ALLOW', 'DENY']) l, LATERAL (
    SELECT FROM risk_list_entry e WHERE e.kind = 'CARD' AND e.key IS NOT NULL AND e.list = l AND ${holds(now)}
    LIMIT 1) AS listed)`;
