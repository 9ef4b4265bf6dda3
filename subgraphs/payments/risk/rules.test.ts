import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { money } from '../../shared/money.js';
import { assessRisk, checkCompliance, currencies, refusedOver, type CustomerHistory } from './rules.js';

const quiet: CustomerHistory = { failedInDay: 0, begunInHour: 0, unpaidOrdersInDay: 0, succeeded: 1 };
const score = (history: Partial<CustomerHistory>, euros = 20n): number =>
  assessRisk({ ...quiet, ...history }, money(euros * 100n, 'EUR'), 'customer').score;

test('a customer without history who buys something small is no risk', () => {
  expect(assessRisk({ ...quiet, succeeded: 0 }, money(2_000n, 'EUR'), 'customer')).toEqual({
    score: 0,
    level: 'LOW',
    reasons: [],
  });
});

test('eight failures in a day are refused, seven with nothing else are not', () => {
  expect(score({ failedInDay: 7 })).toBe(0.6);
  expect(score({ failedInDay: 8 })).toBe(0.85);
});

test('a large first payment is unusual, a very large one suspicious', () => {
  expect(assessRisk({ ...quiet, succeeded: 0 }, money(100_000n, 'EUR'), 'customer')).toMatchObject({
    score: 0.32,
    level: 'MEDIUM',
    reasons: [{ code: 'LARGE_FIRST_PAYMENT' }, { code: 'LARGE_AMOUNT' }],
  });
  // 1 - 0.65 * 0.7
  expect(score({ succeeded: 0 }, 5_000n)).toBe(0.545);
  expect(score({}, 5_000n)).toBe(0.35);
});

test('how often a customer tries says nothing of what staff pay for them, the amount does', () => {
  const busy = { failedInDay: 9, begunInHour: 30, unpaidOrdersInDay: 9, succeeded: 0 };
  const codes = (initiator: 'customer' | 'staff', amount: bigint): string[] =>
    assessRisk(busy, money(amount, 'EUR'), initiator).reasons.map(({ code }) => code);
  expect(codes('customer', 2_000n)).toEqual(['MANY_FAILED_PAYMENTS', 'MANY_PAYMENTS', 'MANY_UNPAID_ORDERS']);
  expect(codes('staff', 2_000n)).toEqual([]);
  expect(codes('staff', 100_000n)).toEqual(['LARGE_FIRST_PAYMENT', 'LARGE_AMOUNT']);
});

test('the score is between 0 and 1 and never falls when something gets worse', () => {
  const count = fc.nat(40);
  const history = fc.record({
    failedInDay: count,
    begunInHour: count,
    unpaidOrdersInDay: count,
    succeeded: fc.nat(2),
  });
  const currency = fc.constantFrom(...Object.keys(currencies));
  fc.assert(
    fc.property(history, fc.bigInt(1n, 60_000_000n), currency, count, (before, amount, code, more) => {
      const one = assessRisk(before, money(amount, code), 'customer');
      expect(one.score).toBeGreaterThanOrEqual(0);
      expect(one.score).toBeLessThanOrEqual(1);
      expect(one.reasons.length > 0).toBe(one.score > 0);
      if (one.score > refusedOver) expect(one.level).toBe('HIGH');
      const worse = assessRisk(
        {
          failedInDay: before.failedInDay + more,
          begunInHour: before.begunInHour + more,
          unpaidOrdersInDay: before.unpaidOrdersInDay + more,
          succeeded: 0,
        },
        money(amount * 2n, code),
        'customer',
      );
      expect(worse.score).toBeGreaterThanOrEqual(one.score);
    }),
  );
});

test('amounts are allowed from the least to the most of their currency', () => {
  for (const [code, { least, most, large }] of Object.entries(currencies)) {
    expect(large < most && least < large).toBe(true);
    expect(checkCompliance(money(least - 1n, code)).reasons).toEqual(['AMOUNT_TOO_SMALL']);
    expect(checkCompliance(money(least, code))).toEqual({ passed: true, reasons: [] });
    expect(checkCompliance(money(most, code))).toEqual({ passed: true, reasons: [] });
    expect(checkCompliance(money(most + 1n, code)).reasons).toEqual(['AMOUNT_TOO_LARGE']);
  }
  expect(checkCompliance(money(1_000n, 'XAU')).reasons).toEqual(['CURRENCY_NOT_SUPPORTED']);
});
