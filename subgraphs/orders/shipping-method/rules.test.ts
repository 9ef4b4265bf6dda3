import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deliveryDates } from './delivery-dates.js';
import {
  reaches,
  shippingMethodErrors,
  shippingPrice,
  type ShippingMethod,
  type ShippingTier,
} from './rules.js';

const tier = (price: bigint, more: Partial<ShippingTier> = {}): ShippingTier => ({
  ...{ zoneId: null, maxWeightGrams: null, maxValue: null, price, freeAbove: null },
  ...more,
});
const method: ShippingMethod = {
  ...{ id: 'm', code: 'standard', name: 'Standard', carrier: 'DHL', service: 'Paket', countries: ['DE'] },
  ...{ currencyCode: 'EUR', freeAbove: 10_000n, estimatedDaysMin: 1, estimatedDaysMax: 3, cutoffHour: 14 },
  ...{ taxCategory: 'STANDARD', active: true },
  tiers: [
    tier(1200n, { zoneId: 'islands', freeAbove: 20_000n }),
    tier(490n, { maxWeightGrams: 1000 }),
    tier(990n),
  ],
};
const islands = {
  id: 'islands',
  areas: [
    { country: 'DE', regions: [], postalCodes: [{ from: '25946', to: '25999' }], excluded: false },
    { country: 'DK', regions: [], postalCodes: [], excluded: false },
  ],
};
const parcel = (postalCode: string, value = 0n, weightGrams = 500, country = 'DE') => ({
  ...{ currencyCode: 'EUR', weightGrams, value },
  destination: { country, region: null, postalCode, city: 'x' },
});

test('the first price that fits place, weight and value counts, and each may be free from a value of its own', () => {
  const cost = (...where: Parameters<typeof parcel>): bigint | null =>
    shippingPrice(method, parcel(...where), [islands]);
  expect([cost('23552'), cost('23552', 0n, 1001), cost('25980'), cost('1000', 0n, 1, 'DK')]).toEqual([
    ...[490n, 990n, 1200n, 1200n],
  ]);
  expect([cost('23552', 10_000n), cost('25980', 10_000n), cost('25980', 20_000n)]).toEqual([0n, 1200n, 0n]);
  expect([cost('1010', 0n, 1, 'AT'), shippingPrice({ ...method, active: false }, parcel('1'), [])]).toEqual([
    ...[null, null],
  ]);
  // A zone that is gone has nothing in it.
  expect(shippingPrice({ ...method, countries: [] }, parcel('25980'), [])).toBeNull();
  expect([
    reaches(method, parcel('1', 0n, 1, 'DK').destination, [islands]),
    reaches(method, parcel('1', 0n, 1, 'AT').destination, [islands]),
  ]).toEqual([true, false]);
});

test('what is wrong with a method is said', () => {
  const wrong = (more: Partial<ShippingMethod>, zones = ['islands']): unknown[] =>
    shippingMethodErrors({ ...method, ...more }, zones).map(({ field }) => field?.[0]);
  expect(wrong({})).toEqual([]);
  expect(wrong({}, [])).toEqual(['tiers']);
  expect(wrong({ countries: [] })).toEqual(['countries']);
  expect(wrong({ countries: [], tiers: method.tiers.slice(0, 1) })).toEqual([]);
  expect(wrong({ tiers: [tier(-1n)] })).toEqual(['tiers']);
  expect(wrong({ estimatedDaysMin: 4, cutoffHour: 25 })).toEqual(['estimatedDaysMax', 'cutoffHour']);
});

// 2026-11-20 is a Friday.
test.each([
  ['before the hour', '2026-11-19T12:59:00Z', ['2026-11-20', '2026-11-24']],
  ['after it, in the shop’s time', '2026-11-19T13:00:00Z', ['2026-11-23', '2026-11-25']],
  ['on Friday after it', '2026-11-20T22:00:00Z', ['2026-11-24', '2026-11-26']],
  ['on Saturday', '2026-11-21T20:00:00Z', ['2026-11-24', '2026-11-26']],
  ['on Sunday, Monday already at the shop', '2026-11-22T23:30:00Z', ['2026-11-24', '2026-11-26']],
])('ordered %s it arrives in one to three working days', (_when, now, [earliest, latest]) => {
  expect(deliveryDates(method, new Date(now), 'Europe/Berlin')).toEqual({ earliest, latest });
});

test('it arrives on working days, not before it is ordered, and the later the later', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3_000 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 20 }),
      fc.option(fc.integer({ min: 0, max: 24 })),
      (hours, estimatedDaysMin, more, cutoffHour) => {
        const at = (hour: number) =>
          deliveryDates(
            { estimatedDaysMin, estimatedDaysMax: estimatedDaysMin + more, cutoffHour },
            new Date(Date.UTC(2026, 0, 1, hour)),
            'UTC',
          );
        const { earliest, latest } = at(hours);
        for (const day of [earliest, latest]) expect([0, 6]).not.toContain(new Date(day).getUTCDay());
        expect(
          earliest <= latest && earliest >= new Date(Date.UTC(2026, 0, 1, hours)).toISOString().slice(0, 10),
        ).toBe(true);
        expect(at(hours + 1).earliest >= earliest).toBe(true);
      },
    ),
  );
});
