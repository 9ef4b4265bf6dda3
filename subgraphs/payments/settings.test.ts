import { expect, test } from '@jest/globals';
import { readConfig } from '../shared/config.js';
import { effectiveRules, readPaymentRules } from './settings.js';

const problemOf = (given: unknown): string => {
  try {
    readPaymentRules(given);
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

test('without a variable the defaults hold, and what is printed of them can be given back', () => {
  const effective = effectiveRules(undefined);
  expect(effective.compliance.sanctionedCountries).toEqual(['CU', 'IR', 'KP', 'SY']);
  expect(effective.risk).toMatchObject({ refusedOver: 0.8, strongAuthenticationFrom: 0.6 });
  expect(effectiveRules(JSON.parse(JSON.stringify(effective)))).toEqual(effective);
});

test('what is given stands in the place of the default, and the rest stays', () => {
  const rules = readPaymentRules({
    compliance: {
      sanctionedCountries: ['FR'],
      currencies: { JPY: null, EUR: { least: '1.00', large: '2.00', most: '3.00' } },
    },
    risk: { refusedOver: 0.9, rules: { MANY_PAYMENTS: [[2, 0.5]], DISPOSABLE_MAIL: [] } },
  });
  expect(rules.compliance.sanctionedCountries).toEqual(new Set(['FR']));
  expect(rules.compliance.currencies['JPY']).toBeUndefined();
  expect(rules.compliance.currencies['EUR']).toEqual({ least: 100n, large: 200n, most: 300n });
  expect(rules.compliance.currencies['USD']).toEqual({ least: 50n, large: 100_000n, most: 2_000_000n });
  expect(rules.risk.currencies).toBe(rules.compliance.currencies);
  expect(rules.risk.steps.MANY_PAYMENTS).toEqual([[2, 0.5]]);
  expect(rules.risk.steps.DISPOSABLE_MAIL).toEqual([]);
  expect(rules.risk.steps.LARGE_AMOUNT).toHaveLength(3);
});

test.each<[string, unknown, RegExp]>([
  ['a rule that there is not', { risk: { rules: { MANY_PAYMENT: [] } } }, /risk\.rules: .*MANY_PAYMENT/],
  [
    'a weight over 1',
    { risk: { rules: { MANY_PAYMENTS: [[1, 1.5]] } } },
    /risk\.rules\.MANY_PAYMENTS\.0\.1: is over 1/,
  ],
  [
    'steps that descend',
    {
      risk: {
        rules: {
          LARGE_AMOUNT: [
            [2, 0.1],
            [1, 0.2],
          ],
        },
      },
    },
    /LARGE_AMOUNT: .*do not ascend/,
  ],
  [
    'a weight that falls',
    {
      risk: {
        rules: {
          LARGE_AMOUNT: [
            [1, 0.2],
            [2, 0.1],
          ],
        },
      },
    },
    /LARGE_AMOUNT: .*never be safer/,
  ],
  [
    'more than is counted',
    { risk: { rules: { MANY_PAYMENTS: [[200, 0.9]] } } },
    /MANY_PAYMENTS: counts to 199 at most/,
  ],
  [
    'thresholds that fall',
    { risk: { refusedOver: 0.5 } },
    /risk: .*strongAuthenticationFrom \(0\.6\).*refusedOver \(0\.5\)/,
  ],
  [
    'a country that is none',
    { compliance: { sanctionedCountries: ['Iran'] } },
    /sanctionedCountries\.0: is not an ISO 3166/,
  ],
  [
    'a currency that is none',
    { compliance: { currencies: { XXXX: { least: '1', large: '2', most: '3' } } } },
    /XXXX is not an ISO 4217/,
  ],
  [
    'too many digits',
    { compliance: { currencies: { JPY: { least: '0.5', large: '2', most: '3' } } } },
    /JPY has an amount with more digits/,
  ],
  [
    'limits that fall',
    { compliance: { currencies: { EUR: { least: '5', large: '2', most: '3' } } } },
    /EUR: least, large and most must grow/,
  ],
  ['an adult of 17', { compliance: { adultAges: { US: 17 } } }, /adultAges\.US/],
  [
    'a domain that is none',
    { risk: { disposableMailDomains: ['a@b.c'] } },
    /disposableMailDomains\.0: is not a domain/,
  ],
  ['no object', 7, /it: /],
])('%s is refused with its name and an example', (_name, given, message) => {
  expect(problemOf(given)).toMatch(message);
  expect(problemOf(given)).toMatch(
    /^The configuration has .*\n {2}- PAYMENT_RULES: .*Example: PAYMENT_RULES=\{/s,
  );
});

test('the variable holds JSON or names a file with it', () => {
  expect(readConfig({ PAYMENT_RULES: '{"risk":{"refusedOver":0.9}}' }).paymentRules).toEqual({
    risk: { refusedOver: 0.9 },
  });
  expect(readConfig({ PAYMENT_RULES: 'package.json' }).paymentRules).toMatchObject({ name: 'hanse' });
  expect(readConfig({}).paymentRules).toBeUndefined();
  expect(() => readConfig({ PAYMENT_RULES: '{"risk":' })).toThrow(/PAYMENT_RULES is not JSON/);
  expect(() => readConfig({ PAYMENT_RULES: 'no/such/file.json' })).toThrow(
    /PAYMENT_RULES names a file that cannot be read/,
  );
});
