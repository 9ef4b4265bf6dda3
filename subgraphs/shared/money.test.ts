import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allocate, exponentOf, formatMoney, fromDecimal, money, proportion, toDecimal } from './money.js';

test('each currency has its own number of digits', () => {
  expect(['EUR', 'JPY', 'KWD'].map(exponentOf)).toEqual([2, 0, 3]);
  expect(toDecimal(money(1999n, 'EUR'))).toBe('19.99');
  expect(toDecimal(money(-5n, 'EUR'))).toBe('-0.05');
  expect(toDecimal(money(1999n, 'JPY'))).toBe('1999');
  expect(toDecimal(money(5n, 'KWD'))).toBe('0.005');
});

test('a decimal with more digits than the currency has is no amount', () => {
  expect(fromDecimal('19.9', 'EUR')).toBe(1990n);
  expect(fromDecimal('19.999', 'EUR')).toBeNull();
  expect(fromDecimal('1.5', 'JPY')).toBeNull();
  expect(fromDecimal('1e3', 'EUR')).toBeNull();
});

test('decimal and minor units are two writings of one amount', () => {
  fc.assert(
    fc.property(
      fc.bigInt(-(10n ** 14n), 10n ** 14n),
      fc.constantFrom('EUR', 'JPY', 'KWD'),
      (amount, currency) => {
        expect(fromDecimal(toDecimal(money(amount, currency)), currency)).toBe(amount);
      },
    ),
  );
});

test('amounts beyond what a float holds are formatted exactly', () => {
  expect(formatMoney(money(900719925474099301n, 'EUR'), 'en-GB')).toBe('€9,007,199,254,740,993.01');
});

test('halves are rounded away from zero', () => {
  expect(proportion(5n, 1n, 2n)).toBe(3n);
  expect(proportion(-5n, 1n, 2n)).toBe(-3n);
  expect(proportion(100n, 1900n, 11900n)).toBe(16n);
});

test('an allocation sums up to its total, each part within one unit of its exact share, none on the wrong side', () => {
  const weights = fc.array(fc.bigInt(0n, 10n ** 9n), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 9n), 10n ** 9n), weights, (total, shares) => {
      const sum = shares.reduce((a, b) => a + b, 0n);
      fc.pre(sum > 0n);
      const parts = allocate(total, shares);
      expect(parts.reduce((a, b) => a + b, 0n)).toBe(total);
      parts.forEach((part, i) => {
        const difference = part * sum - total * (shares[i] ?? 0n);
        expect(difference < sum && difference > -sum).toBe(true);
      });
    }),
  );
  expect(allocate(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n]);
});
