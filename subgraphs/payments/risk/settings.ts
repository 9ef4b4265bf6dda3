/** What the shop's owner may set of the fraud score: as it stands in PAYMENT_RULES, and as the rules use it. */
import { z } from 'zod';
import type { ComplianceSettings } from '../compliance/rules.js';
import { mostCounted, riskCodes, riskRules, type RiskCode, type RiskSettings, type Steps } from './rules.js';

const score = z.number().gt(0, 'is not over 0').max(1, 'is over 1');

const ascends = (values: readonly number[], strictly: boolean): boolean =>
  values.every((value, i) => {
    const before = values[i - 1];
    return before === undefined || (strictly ? value > before : value >= before);
  });

const steps = z
  .array(z.tuple([z.number().gt(0, 'is not over 0'), score]))
  .max(20)
  .refine(
    (all) =>
      ascends(
        all.map(([from]) => from),
        true,
      ),
    'has steps that do not ascend: each must begin over the one before',
  )
  .refine(
    (all) =>
      ascends(
        all.map(([, weight]) => weight),
        false,
      ),
    'has a step with less weight than the one before: more of it must never be safer',
  );

const countedSteps = steps.refine(
  (all) => all.every(([from]) => from < mostCounted),
  `counts to ${mostCounted - 1} at most`,
);

const rules = z.strictObject(
  Object.fromEntries(
    riskCodes.map((code) => [code, (riskRules[code].velocity ? countedSteps : steps).optional()]),
  ) as Record<RiskCode, z.ZodOptional<typeof steps>>,
);

const domain = z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'is not a domain in small letters');

export const riskSchema = z.strictObject({
  mediumFrom: score.optional(),
  strongAuthenticationFrom: score.optional(),
  refusedOver: score.optional(),
  newAccountHours: z.number().min(0).max(8_760).optional(),
  disposableMailDomains: z.array(domain).optional(),
  cardLookup: z.enum(['never', 'suspicious', 'always']).optional(),
  rules: rules.optional(),
});
export type RiskInput = z.output<typeof riskSchema>;

/** Well-known services for addresses that live for minutes. A list of thousands can be given instead, as a file. */
const defaultDomains = [
  ...['10minutemail.com', 'discard.email', 'dispostable.com', 'fakeinbox.com', 'getnada.com', 'grr.la'],
  ...[
    'guerrillamail.com',
    'guerrillamail.net',
    'mailcatch.com',
    'maildrop.cc',
    'mailinator.com',
    'mailnesia.com',
  ],
  ...['mintemail.com', 'moakt.com', 'mohmal.com', 'sharklasers.com', 'spamgourmet.com', 'temp-mail.org'],
  ...[
    'tempail.com',
    'tempmail.com',
    'throwawaymail.com',
    'trashmail.com',
    'trashmail.de',
    'wegwerfmail.de',
    'yopmail.com',
  ],
];

/** All of it, as PAYMENT_RULES could say it: the defaults with what was given in their place. */
export const effectiveRisk = (given: RiskInput = {}) => ({
  mediumFrom: given.mediumFrom ?? 0.3,
  strongAuthenticationFrom: given.strongAuthenticationFrom ?? 0.6,
  refusedOver: given.refusedOver ?? 0.8,
  newAccountHours: given.newAccountHours ?? 24,
  cardLookup: given.cardLookup ?? ('suspicious' as const),
  rules: Object.fromEntries(
    riskCodes.map((code) => [code, given.rules?.[code] ?? riskRules[code].steps]),
  ) as Record<RiskCode, Steps>,
  disposableMailDomains: given.disposableMailDomains ?? defaultDomains,
});
export type EffectiveRisk = ReturnType<typeof effectiveRisk>;

/** What is wrong with the thresholds together; null: nothing. */
export const problemOfThresholds = ({
  mediumFrom,
  strongAuthenticationFrom,
  refusedOver,
}: EffectiveRisk): string | null =>
  mediumFrom <= strongAuthenticationFrom && strongAuthenticationFrom <= refusedOver
    ? null
    : `mediumFrom (${mediumFrom}), strongAuthenticationFrom (${strongAuthenticationFrom}) and refusedOver (${refusedOver}) must not fall in this order`;

export const riskSettings = (
  { rules: steps, disposableMailDomains, ...rest }: EffectiveRisk,
  { currencies }: Pick<ComplianceSettings, 'currencies'>,
): RiskSettings => ({
  ...rest,
  currencies,
  steps,
  disposableMailDomains: new Set(disposableMailDomains),
});
