/**
 * Counting attempts to pay by what they have in common: account, address, card. Each has one row with its latest attempts.
 * An attempt is added before it is decided on, and the row's lock puts twins in line, so that each sees those before it: of
 * fifty at once exactly as many pass as a limit lets. Pieces of SQL for statements that other stores make anyway.
 */
import { sqltag as sql } from '@prisma/client/runtime/client';
import type { Fragment } from '../../shared/events/consequences.js';
import { idFromName } from '../../shared/ids.js';
import { mostCounted, type Velocity } from './rules.js';

export type Scope = 'account' | 'address' | 'card';

export const subjectOf = (scope: Scope, key: string): string => `${scope}:${key}`;

export interface Attempt {
  orderId: string;
  attemptKey: string;
  at: Date;
}

/** The same for every repeat of an attempt: it is counted once. */
const attemptIdOf = ({ orderId, attemptKey }: Attempt): string => idFromName('attempt', orderId, attemptKey);

/**
 * `counted AS (...)`: adds the attempt to each of the subjects that the query `subjects` gives in its column `subject`, in
 * their order, so that two statements never wait for each other in a circle.
 */
export function counting(subjects: Fragment, attempt: Attempt): Fragment {
  const id = attemptIdOf(attempt);
  return sql`counted AS (
    INSERT INTO risk_velocity AS v (subject, attempts, orders, times, created_at)
    SELECT s.subject, ARRAY[${id}::uuid], ARRAY[${attempt.orderId}::uuid], ARRAY[${attempt.at}::timestamptz],
           ${attempt.at}::timestamptz
    FROM (${subjects}) s ORDER BY s.subject
    ON CONFLICT (subject) DO UPDATE SET
      attempts = CASE WHEN ${id}::uuid = ANY(v.attempts) THEN v.attempts
                      ELSE (excluded.attempts || v.attempts)[1:${mostCounted}::int] END,
      orders = CASE WHEN ${id}::uuid = ANY(v.attempts) THEN v.orders
                    ELSE (excluded.orders || v.orders)[1:${mostCounted}::int] END,
      times = CASE WHEN ${id}::uuid = ANY(v.attempts) THEN v.times
                   ELSE (excluded.times || v.times)[1:${mostCounted}::int] END
    RETURNING subject, orders, times
  )`;
}

const hourMs = 3_600_000;
export const hourBefore = (at: Date): Date => new Date(at.getTime() - hourMs);
export const dayBefore = (at: Date): Date => new Date(at.getTime() - 24 * hourMs);

/** What the provider declined; what our own rules refused is not counted, or a refusal would cause the next. */
export const declined = sql`status = 'FAILED' AND failure_code NOT IN ('risk_refused', 'compliance_refused', 'age_not_confirmed')`;

/** An expression over `counted`: by scope what was counted, as JSON; see `VelocityRow`. */
export const velocities = (at: Date): Fragment => sql`(
  SELECT coalesce(jsonb_object_agg(split_part(c.subject, ':', 1), jsonb_build_object(
    'inHour', (SELECT count(*) FROM unnest(c.times) t WHERE t > ${hourBefore(at)}::timestamptz) - 1,
    'inDay', greatest(
      (SELECT count(*) FROM unnest(c.times) t WHERE t > ${dayBefore(at)}::timestamptz) - 1,
      (SELECT count(*) FROM (
         SELECT FROM payment WHERE card_key = CASE WHEN c.subject LIKE 'card:%' THEN substr(c.subject, 6) END
           AND initiated_by IS NULL AND created_at > ${dayBefore(at)}::timestamptz
         LIMIT ${mostCounted}::int) AS other)),
    'failedInDay', (SELECT count(*) FROM payment WHERE order_id = ANY(c.orders)
                      AND created_at > ${dayBefore(at)}::timestamptz AND ${declined}))), '{}')
  FROM counted c)`;

export type VelocityRow = Partial<Record<Scope, Velocity>>;
