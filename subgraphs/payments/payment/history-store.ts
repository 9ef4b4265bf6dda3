/** What was found and done as payments went on: their risk, the shop's rules, the steps at the provider. */
import type { ComplianceCheck, ComplianceFinding } from '../compliance/rules.js';
import type { Db } from '../context.js';
import type { RiskAssessment, RiskDecision, RiskLevel, RiskReason } from '../risk/rules.js';
import type { PaymentAttempt } from './rules.js';

export async function findRisks(
  db: Db,
  paymentIds: readonly string[],
): Promise<(RiskAssessment & { paymentId: string })[]> {
  const rows = await db.riskAssessment.findMany({ where: { paymentId: { in: [...paymentIds] } } });
  return rows.map((row) => ({
    paymentId: row.paymentId,
    score: row.score,
    level: row.level as RiskLevel,
    decision: row.decision as RiskDecision,
    reasons: row.reasons as unknown as RiskReason[],
  }));
}

export async function findComplianceChecks(
  db: Db,
  paymentIds: readonly string[],
): Promise<(ComplianceCheck & { paymentId: string })[]> {
  const rows = await db.complianceCheck.findMany({ where: { paymentId: { in: [...paymentIds] } } });
  return rows.map((row) => ({ ...row, findings: row.findings as unknown as ComplianceFinding[] }));
}

/** The first 100 of each payment, the oldest first. */
export async function findAttempts(
  db: Db,
  paymentIds: readonly string[],
): Promise<(PaymentAttempt & { paymentId: string })[]> {
  const rows = await db.$queryRaw<
    (Omit<PaymentAttempt, 'answer'> & { paymentId: string; answer: Record<string, string> | null })[]
  >`
    SELECT a.id, a.payment_id AS "paymentId", a.action, a.status, a.code, a.provider_reference AS "providerReference",
           a.occurred_at AS "occurredAt", a.answer
    FROM unnest(${[...paymentIds]}::uuid[]) AS p(id)
    CROSS JOIN LATERAL (SELECT * FROM payment_attempt WHERE payment_id = p.id ORDER BY id LIMIT 100) a
    ORDER BY a.id`;
  return rows.map(({ answer, ...row }) => ({
    ...row,
    answer: Object.entries(answer ?? {}).map(([name, value]) => ({ name, value })),
  }));
}
