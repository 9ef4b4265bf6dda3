import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OrderLine, Shortage } from '../allocation/rules.js';
import { decisionOf, remainingLines, sumLines, takeBack, type ReservationStatus } from './rules.js';

const id = fc.constantFrom('a', 'b', 'c');
const line = fc.record({ variantId: id, quantity: fc.integer({ min: 1, max: 5 }) });
const lines = fc.array(line, { minLength: 1, maxLength: 6 });
const sum = (some: readonly { quantity: number }[]): number =>
  some.reduce((total, one) => total + one.quantity, 0);
const of = <T extends { variantId: string }>(variantId: string, some: readonly T[]): T[] =>
  some.filter((one) => one.variantId === variantId);

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
  const waits = [{ variantId: 'a', quantity: 2, expectedAt: null }];
  const answer = (status: ReservationStatus, same: boolean, shortages: Shortage[] = []) =>
    decisionOf({ orderId: 'o', status, fresh: false, same, shortages, backordered: waits });
  expect(answer('OPEN', true)).toEqual({ status: 'RESERVED', backordered: waits });
  expect(answer('COMMITTED', true)).toEqual({ status: 'RESERVED', backordered: waits });
  expect(answer('REFUSED', true, short)).toEqual({ status: 'INSUFFICIENT', shortages: short });
  expect(answer('REFUSED', false, short)).toEqual({ status: 'OTHERWISE' });
  expect(answer('EXPIRED', true)).toEqual({ status: 'ENDED' });
  expect(answer('RELEASED', false)).toEqual({ status: 'ENDED' });
});
