import { Prisma } from '../prisma.generated/client.js';
import type { Db } from '../context.js';
import { listedUnder } from '../risk-list/matching.js';
import { listKeyOf, type Listed } from '../risk-list/rules.js';
import type { RiskLevel } from './rules.js';
import { counting, subjectOf, velocities, type Attempt, type VelocityRow } from './velocity.js';

/** Counts an attempt for a card where it `counts`, and tells how often it was used and on which lists it is. One statement. */
export async function countCard(
  db: Db,
  cardKey: string,
  attempt: Attempt,
  counts: boolean,
): Promise<{ velocity: VelocityRow; listed: Listed[] }> {
  const subject = subjectOf('card', cardKey);
  const rows = await db.$queryRaw<{ velocity: VelocityRow; listed: Listed[] }[]>`
    WITH ${counting(Prisma.sql`SELECT ${subject} AS subject WHERE ${counts}::boolean`, attempt)}
    SELECT ${velocities(attempt.at)} AS velocity,
           ${listedUnder(Prisma.sql`ARRAY[${listKeyOf('CARD', cardKey)}]`, attempt.at)} AS listed`;
  return rows[0] ?? { velocity: {}, listed: [] };
}

/** Forgets what was last counted before that time, at most `limit` of what is there longest. */
export async function deleteOldVelocity(db: Db, before: Date, limit: number): Promise<number> {
  return db.$executeRaw`
    DELETE FROM risk_velocity WHERE subject IN (
      SELECT subject FROM risk_velocity WHERE times[1] < ${before}::timestamptz LIMIT ${limit}::int
      FOR UPDATE SKIP LOCKED)`;
}

export interface NotableQuery {
  riskLevel: RiskLevel | null;
  refused: boolean | null;
  after: string | null;
  limit: number;
}

/**
 * Ids of payments of some risk and of those that were refused, the newest first: ids are made in time's order. Two lists by
 * an index each, so that it costs the same however many payments there are that nobody has to look at.
 */
export async function findNotablePayments(
  db: Db,
  { riskLevel, refused, after, limit }: NotableQuery,
): Promise<string[]> {
  const before = after === null ? Prisma.empty : Prisma.sql`AND r.payment_id < ${after}::uuid`;
  const level = riskLevel === null ? Prisma.sql`r.level <> 'LOW'` : Prisma.sql`r.level = ${riskLevel}`;
  const ofLevel = riskLevel === null ? Prisma.empty : Prisma.sql`AND r.level = ${riskLevel}`;
  const byRisk =
    refused === null
      ? Prisma.empty
      : refused
        ? Prisma.sql`AND r.decision = 'REFUSED'`
        : Prisma.sql`AND r.decision <> 'REFUSED'
            AND NOT EXISTS (SELECT FROM compliance_check x WHERE x.payment_id = r.payment_id AND NOT x.passed)`;
  const byCompliance =
    refused === false
      ? Prisma.empty
      : Prisma.sql`
        UNION (SELECT r.payment_id FROM compliance_check c JOIN risk_assessment r USING (payment_id)
               WHERE NOT c.passed ${ofLevel} ${before} ORDER BY r.payment_id DESC LIMIT ${limit}::int)`;
  const rows = await db.$queryRaw<{ payment_id: string }[]>`
    SELECT payment_id FROM (
      (SELECT r.payment_id FROM risk_assessment r WHERE ${level} ${byRisk} ${before}
       ORDER BY r.payment_id DESC LIMIT ${limit}::int)
      ${byCompliance}
    ) notable ORDER BY payment_id DESC LIMIT ${limit}::int`;
  return rows.map((row) => row.payment_id);
}
