import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  afterTaking,
  allocate,
  decisionOf,
  remainingLines,
  sumLines,
  takeBack,
  type FreeLevel,
  type OrderLine,
} from './rules.js';

const id = fc.constantFrom('a', 'b', 'c');
const line = fc.record({ variantId: id, quantity: fc.integer({ min: 1, max: 5 }) });
const lines = fc.array(line, { minLength: 1, maxLength: 6 });
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

test('an allocation gives all or nothing, and never more than there is', () => {
  fc.assert(
    fc.property(levels, lines, (free, wanted) => {
      const order = sumLines(wanted);
      const allocation = allocate(free, order);
      const enough = order.every(
        ({ variantId, quantity }) =>
          of(variantId, free).reduce((total, level) => total + level.available, 0) >= quantity,
      );
      expect('allocated' in allocation).toBe(enough);
      if (!('allocated' in allocation)) {
        expect(allocation.shortages.length).toBeGreaterThan(0);
        expect(allocation.shortages.every((one) => one.available < one.requested)).toBe(true);
        return;
      }
      for (const { variantId, quantity } of order)
        expect(sum(of(variantId, allocation.allocated))).toBe(quantity);
      expect(afterTaking(free, allocation.allocated).every((level) => level.available >= 0)).toBe(true);
    }),
  );
});

test('an order comes from one warehouse wherever one has everything', () => {
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
      const allocation = allocate(free, order);
      if (!someHasAll || !('allocated' in allocation)) return;
      expect(new Set(allocation.allocated.map((one) => one.warehouseId)).size).toBe(1);
    }),
  );
});

test('summed lines have each variant once, in order, and lose no piece', () => {
  fc.assert(
    fc.property(lines, (some) => {
      const summed = sumLines(some);
      const ids = summed.map((one) => one.variantId);
      expect(ids).toEqual([...new Set(some.map((one) => one.variantId))].sort());
      for (const one of summed) expect(one.quantity).toBe(sum(of(one.variantId, some)));
    }),
  );
});

test('what is taken back is what was cancelled, as far as it is held, from the smallest parts', () => {
  const held = [
    { variantId: 'a', warehouseId: 'x', quantity: 5 },
    { variantId: 'a', warehouseId: 'y', quantity: 2 },
    { variantId: 'b', warehouseId: 'x', quantity: 1 },
  ];
  expect(takeBack(held, [{ variantId: 'a', quantity: 3 }])).toEqual([
    { variantId: 'a', warehouseId: 'y', quantity: 2 },
    { variantId: 'a', warehouseId: 'x', quantity: 1 },
  ]);
  const more: OrderLine[] = [
    { variantId: 'b', quantity: 9 },
    { variantId: 'c', quantity: 1 },
  ];
  expect(takeBack(held, more)).toEqual([{ variantId: 'b', warehouseId: 'x', quantity: 1 }]);
});

test('remaining lines are never below nothing', () => {
  const ordered = [
    { variantId: 'a', quantity: 3 },
    { variantId: 'b', quantity: 1 },
  ];
  const cancelled = [
    { variantId: 'a', quantity: 1 },
    { variantId: 'b', quantity: 2 },
  ];
  expect(remainingLines(ordered, cancelled)).toEqual([{ variantId: 'a', quantity: 2 }]);
});

test('a stored decision is answered as it was, unless other lines are asked for or it is over', () => {
  const short = [{ variantId: 'a', requested: 2, available: 1 }];
  expect(decisionOf('OPEN', true, [])).toEqual({ status: 'RESERVED' });
  expect(decisionOf('COMMITTED', true, [])).toEqual({ status: 'RESERVED' });
  expect(decisionOf('REFUSED', true, short)).toEqual({ status: 'INSUFFICIENT', shortages: short });
  expect(decisionOf('REFUSED', false, short)).toEqual({ status: 'OTHERWISE' });
  expect(decisionOf('EXPIRED', true, [])).toEqual({ status: 'ENDED' });
  expect(decisionOf('RELEASED', false, [])).toEqual({ status: 'ENDED' });
});
