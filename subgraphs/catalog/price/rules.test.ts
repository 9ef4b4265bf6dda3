import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { currentPrice, parsePrice, priceDifferences, priceRange, type VariantPrice } from './rules.js';

test('a price is read in minor units of its own currency', () => {
  expect(parsePrice({ currencyCode: 'EUR', regular: '19.9' }, [])).toEqual({
    currencyCode: 'EUR',
    regular: 1990n,
    sale: null,
  });
  expect(parsePrice({ currencyCode: 'JPY', regular: '1990', sale: '0' }, [])).toEqual({
    currencyCode: 'JPY',
    regular: 1990n,
    sale: 0n,
  });
});

test.each([
  [{ currencyCode: 'EUR', regular: '-1' }, 'regular'],
  [{ currencyCode: 'EUR', regular: '1.001' }, 'regular'],
  [{ currencyCode: 'EUR', regular: '10000000000.01' }, 'regular'],
  [{ currencyCode: 'EUR', regular: '5', sale: '5' }, 'sale'],
  [{ currencyCode: 'EUR', regular: '5', sale: '-1' }, 'sale'],
  [{ currencyCode: 'JPY', regular: '5', sale: '4.5' }, 'sale'],
])('%j is no price', (input, field) => {
  expect(parsePrice(input, ['at'])).toMatchObject({ code: 'INVALID_INPUT', field: ['at', field] });
});

const price = fc.record({
  variantId: fc.constantFrom('a', 'b', 'c'),
  currencyCode: fc.constantFrom('EUR', 'USD'),
  regular: fc.bigInt(1n, 3n),
  sale: fc.option(fc.constant(0n)),
});
const prices = fc.uniqueArray(price, { selector: ({ variantId, currencyCode }) => variantId + currencyCode });
const keyOf = ({ variantId, currencyCode }: VariantPrice): string => variantId + currencyCode;
const apply = (present: VariantPrice[], changes: VariantPrice[]): Map<string, VariantPrice> =>
  new Map([...present, ...changes].map((one) => [keyOf(one), one]));

test('the differences are exactly what leads from the present prices to the wanted ones', () => {
  fc.assert(
    fc.property(prices, prices, (present, wanted) => {
      const differences = priceDifferences(present, wanted);
      const changes = differences.map((difference) => difference.price);
      expect(apply(present, changes)).toEqual(apply(present, wanted));
      expect(priceDifferences([...apply(present, changes).values()], wanted)).toEqual([]);
      const before = new Map(present.map((one) => [keyOf(one), one]));
      for (const { price, previousAmount } of differences) {
        const old = before.get(keyOf(price));
        expect(old).not.toEqual(price);
        expect(previousAmount).toBe(old ? currentPrice(old).amount : null);
      }
    }),
  );
});

test('a range goes from the lowest to the highest current price in the currency', () => {
  const eur = (regular: bigint, sale: bigint | null = null) => ({ currencyCode: 'EUR', regular, sale });
  const all = [eur(500n), eur(900n, 300n), eur(700n), { ...eur(1n), currencyCode: 'USD' }];
  expect(priceRange(all, 'EUR')).toEqual({
    min: { amount: 300n, currencyCode: 'EUR' },
    max: { amount: 700n, currencyCode: 'EUR' },
  });
  expect(priceRange(all, 'CHF')).toBeNull();
});
