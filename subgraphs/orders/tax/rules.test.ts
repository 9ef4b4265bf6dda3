import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { roundings } from '../../shared/money.js';
import { destinationOf, regionOf } from '../delivery/destination.js';
import { percentOf, ppmOf, rateFor, taxOf, type TaxRate, type TaxTable } from './rules.js';

const rate = (region: string, ratePpm: number): TaxRate => ({
  ...{ id: region, country: 'US', region, taxCategory: 'STANDARD', ratePpm, name: region || 'none' },
});
const us: TaxTable = { rates: [rate('', 0), rate('NY', 88_750)], byRegion: true };
const to = (state: string | null) =>
  destinationOf({
    ...{ firstName: '', lastName: '', company: null, line1: '', line2: null, city: 'New York', state },
    ...{ postalCode: ' 10-001', country: 'US', phone: null },
  });

test('a region has its own rate, another the country’s, and an unknown one none where it matters', () => {
  const ppm = (state: string | null, table = us): number | undefined =>
    rateFor(table, to(state), 'STANDARD')?.ratePpm;
  expect(['NY', 'us-ny', ' new york '].map((state) => ppm(state))).toEqual([88_750, 88_750, 88_750]);
  expect([ppm('OR'), ppm('Nu York'), ppm(null)]).toEqual([0, undefined, undefined]);
  expect(ppm(null, { rates: us.rates.slice(0, 1), byRegion: false })).toBe(0);
  expect(rateFor(us, to('NY'), 'REDUCED')).toBeUndefined();
});

test('regions of countries without a list stay as they were written, in upper case', () => {
  expect([regionOf('DE', 'Bayern'), regionOf('CA', 'québec'), regionOf('DE', ' ')]).toEqual([
    'BAYERN',
    'QC',
    null,
  ]);
  expect(to('NY').postalCode).toBe('10001');
});

test.each([
  ['HALF_UP', true, 107n, 70_000, { net: 100n, tax: 7n, gross: 107n }],
  ['HALF_UP', false, 1999n, 88_750, { net: 1999n, tax: 177n, gross: 2176n }],
  // 0.5 and 1.5 of tax
  ['HALF_UP', false, 10n, 50_000, { net: 10n, tax: 1n, gross: 11n }],
  ['HALF_EVEN', false, 10n, 50_000, { net: 10n, tax: 0n, gross: 10n }],
  ['HALF_EVEN', false, 30n, 50_000, { net: 30n, tax: 2n, gross: 32n }],
] as const)('%s, tax included %s: %i at %i', (rounding, taxIncluded, amount, ppm, taxed) => {
  expect(taxOf(amount, ppm, { rounding, taxIncluded })).toEqual(taxed);
});

test('net and tax are the gross, and the tax is at most half a unit from the exact one', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.boolean(),
      fc.constantFrom(...roundings),
      (amount, ppm, taxIncluded, rounding) => {
        const { net, tax, gross } = taxOf(amount, ppm, { taxIncluded, rounding });
        expect(net + tax).toBe(gross);
        expect(taxIncluded ? gross : net).toBe(amount);
        const [numerator, denominator] = taxIncluded
          ? [amount * BigInt(ppm), 1_000_000n + BigInt(ppm)]
          : [amount * BigInt(ppm), 1_000_000n];
        const twiceOff = 2n * (tax * denominator - numerator);
        expect(twiceOff <= denominator && twiceOff >= -denominator).toBe(true);
      },
    ),
    { numRuns: 10_000 },
  );
});

test('percentages are written and read exactly, and nothing else is read as one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (ppm) => {
      expect(ppmOf(percentOf(ppm))).toBe(ppm);
    }),
  );
  expect([percentOf(190_000), percentOf(88_750), percentOf(1_000_000), percentOf(0)]).toEqual([
    ...['19', '8.875', '100', '0'],
  ]);
  expect(['', '-1', '101', '8.12345', '1e1', ' 19'].map(ppmOf)).toEqual([null, null, null, null, null, null]);
});
