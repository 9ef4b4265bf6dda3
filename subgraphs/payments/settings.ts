/** PAYMENT_RULES: what the shop's owner sets of compliance and fraud score, checked once at the start. */
import { z } from 'zod';
import { ConfigError } from '../shared/config.js';
import type { ComplianceSettings } from './compliance/rules.js';
import { complianceSchema, complianceSettings, effectiveCompliance } from './compliance/settings.js';
import type { RiskSettings } from './risk/rules.js';
import { effectiveRisk, problemOfThresholds, riskSchema, riskSettings } from './risk/settings.js';

export interface PaymentRules {
  compliance: ComplianceSettings;
  risk: RiskSettings;
}

const schema = z.strictObject({ compliance: complianceSchema.optional(), risk: riskSchema.optional() });

const example =
  'Example: PAYMENT_RULES={"compliance":{"sanctionedCountries":["IR","KP"]},"risk":{"refusedOver":0.9,"rules":{"MANY_PAYMENTS":[[5,0.3],[10,0.85]],"DISPOSABLE_MAIL":[]}}}';

const refuse = (problems: readonly string[]): never => {
  throw new ConfigError(problems.map((one) => `PAYMENT_RULES: ${one}. ${example}`));
};

/**
 * Every rule with its effective value, in the form of PAYMENT_RULES; `given` is what that variable holds, undefined where
 * it is absent. Throws a ConfigError that names the rule, what was wrong and an example.
 */
export function effectiveRules(given: unknown) {
  const parsed = schema.safeParse(given ?? {});
  if (!parsed.success)
    return refuse(parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`));
  const risk = effectiveRisk(parsed.data.risk);
  const problem = problemOfThresholds(risk);
  if (problem) return refuse([`risk: ${problem}`]);
  return { compliance: effectiveCompliance(parsed.data.compliance), risk };
}

/** The same as the rules use it. */
export function readPaymentRules(given: unknown): PaymentRules {
  const effective = effectiveRules(given);
  const compliance = complianceSettings(effective.compliance);
  return { compliance, risk: riskSettings(effective.risk, compliance) };
}
