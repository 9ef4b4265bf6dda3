import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sumLines } from '../reservation/rules.js';
import {
  afterTaking,
  allocate,
  nearness,
  strategies,
  type AllocatedLine,
  type FreeLevel,
  type OrderLine,
} from './rules.js';

const id = fc.constantFrom('a', 'b', 'c');
const line = fc.record({ variantId: id, quantity: fc.integer({ min: 1, max: 5 }) });
const lines = fc.array(line, { minLength: 1, maxLength: 6 });
const strategy = fc.constantFrom(...strategies);
const rooms = fc.dictionary(id, fc.nat({ max: 6 })).map((record) => new Map(Object.entries(record)));
const levels: fc.Arbitrary<FreeLevel[]> = fc.uniqueArray(
  fc.record({
    variantId: id,
    warehouseId: fc.constantFrom('x', 'y', 'z'),
    available: fc.integer({ min: 0, max: 9 }),
  }),
  { selector: (level) => `${level.variantId}${level.warehouseId}` },
);
const sum = (some: readonly { quantity: number }[]): number =>
  some.reduce((total, one) => total + one.quantity, 0);
const of = <T extends { variantId: string }>(variantId: string, some: readonly T[]): T[] =>
  some.filter((one) => one.variantId === variantId);
const stockOf = (variantId: string, free: readonly FreeLevel[]): number =>
  of(variantId, free).reduce((total, level) => total + level.available, 0);

test('an allocation gives all or nothing, never more than there is, and lets wait what is short where there is room', () => {
  fc.assert(
    fc.property(levels, lines, strategy, rooms, (free, wanted, by, room) => {
      const order = sumLines(wanted);
      const allocation = allocate(free, order, { strategy: by, rooms: room });
      const missing = ({ variantId, quantity }: OrderLine): number =>
        Math.max(quantity - stockOf(variantId, free), 0);
      const enough = order.every((one) => missing(one) <= (room.get(one.variantId) ?? 0));
      expect('allocated' in allocation).toBe(enough);
      if (!('allocated' in allocation)) {
        expect(allocation.shortages.length).toBeGreaterThan(0);
        expect(allocation.shortages.every((one) => one.available < one.requested)).toBe(true);
        return;
      }
      for (const one of order) {
        expect(sum(of(one.variantId, allocation.backordered))).toBe(missing(one));
        expect(sum(of(one.variantId, allocation.allocated))).toBe(one.quantity - missing(one));
      }
      expect(afterTaking(free, allocation.allocated).every((level) => level.available >= 0)).toBe(true);
    }),
  );
});

test('in as few parcels as possible, an order comes from one warehouse wherever one has everything', () => {
  fc.assert(
    fc.property(levels, lines, (free, wanted) => {
      const order = sumLines(wanted);
      const someHasAll = ['x', 'y', 'z'].some((warehouseId) =>
        order.every((one) =>
          free.some(
            (level) =>
              level.warehouseId === warehouseId &&
              level.variantId === one.variantId &&
              level.available >= one.quantity,
          ),
        ),
      );
      const allocation = allocate(free, order, { strategy: 'FEWEST_PARCELS' });
      if (!someHasAll || !('allocated' in allocation)) return;
      expect(new Set(allocation.allocated.map((one) => one.warehouseId)).size).toBe(1);
    }),
  );
});

const level = (variantId: string, warehouseId: string, available: number): FreeLevel => ({
  ...{ variantId, warehouseId, available },
});
const taken = (free: FreeLevel[], order: OrderLine[], rules: Parameters<typeof allocate>[2]): string[] => {
  const allocation = allocate(free, order, rules);
  if (!('allocated' in allocation)) throw new Error('short');
  return allocation.allocated.map(
    (one: AllocatedLine) => `${one.warehouseId} ${one.quantity} ${one.variantId}`,
  );
};

test('the strategies differ: few parcels, most stock, nearest', () => {
  const free = [
    level('a', 'x', 9),
    level('b', 'x', 0),
    level('a', 'y', 2),
    level('b', 'y', 3),
    level('b', 'z', 9),
  ];
  const order = [
    { variantId: 'a', quantity: 2 },
    { variantId: 'b', quantity: 3 },
  ];
  expect(taken(free, order, { strategy: 'FEWEST_PARCELS' })).toEqual(['y 2 a', 'y 3 b']);
  expect(taken(free, order, { strategy: 'MOST_STOCK' })).toEqual(['x 2 a', 'z 3 b']);
  const nearnessOf = (warehouseId: string) => ({ x: 1, y: 2, z: 0 })[warehouseId] ?? 0;
  const more = [{ variantId: 'b', quantity: 5 }];
  expect(taken(free, more, { strategy: 'NEAREST', nearnessOf })).toEqual(['y 3 b', 'z 2 b']);
  expect(taken(free, more, { strategy: 'NEAREST' })).toEqual(['z 5 b']);
});

test('the country comes before the postal code, and the longer its common beginning the nearer', () => {
  const home = { country: 'DE', postalCode: '20457' };
  const to = (country: string, postalCode: string | null) => nearness({ country, postalCode }, home);
  expect([to('DE', null), to('DE', '10115'), to('DE', '20-1'), to('DE', '20457')]).toEqual([1, 1, 3, 6]);
  expect(to('NL', '20457')).toBeLessThan(0);
  expect(nearness({ country: 'GB', postalCode: 'sw1a 2aa' }, { country: 'GB', postalCode: 'SW1A1AA' })).toBe(
    5,
  );
});

test.each([
  ['PL', ['DE', 'FR', 'ES', 'CN', 'US', 'AU']],
  ['TR', ['BG', 'AE', 'CN', 'US', 'NZ']],
  ['MX', ['US', 'CA', 'ES', 'DE', 'IN']],
  // Over the date line.
  ['NZ', ['FJ', 'AU', 'JP', 'US', 'ES']],
])('of foreign warehouses the nearest to %s come in this order', (country, order) => {
  const near = order.map((from) =>
    nearness({ country: from, postalCode: null }, { country, postalCode: '1' }),
  );
  expect([...near].sort((a, b) => b - a)).toEqual(near);
  expect(near.every((one) => one < 0)).toBe(true);
  expect(nearness({ country: 'ZZ', postalCode: null }, { country, postalCode: null })).toBeLessThan(
    Math.min(...near),
  );
});
