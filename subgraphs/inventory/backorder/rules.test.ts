import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fillOldest, roomOf, takeWaiting, type Backorder } from './rules.js';

const waiting = (orderId: string, variantId: string, quantity: number, paid = false): Backorder => ({
  ...{ orderId, variantId, quantity, paid, createdAt: new Date(0) },
});

test('the oldest is filled first, and gets pieces from where most are', () => {
  const levels = [
    { variantId: 'a', warehouseId: 'x', available: 2 },
    { variantId: 'a', warehouseId: 'y', available: 3 },
  ];
  const filled = fillOldest(levels, [waiting('1', 'a', 4), waiting('2', 'a', 2, true), waiting('3', 'a', 1)]);
  expect(filled).toEqual([
    { orderId: '1', variantId: 'a', warehouseId: 'y', quantity: 3, paid: false },
    { orderId: '1', variantId: 'a', warehouseId: 'x', quantity: 1, paid: false },
    { orderId: '2', variantId: 'a', warehouseId: 'x', quantity: 1, paid: true },
  ]);
});

test('no free piece is left while somebody waits, nobody gets more than they wait for, nobody is passed over', () => {
  const level = fc.record({
    variantId: fc.constantFrom('a', 'b'),
    warehouseId: fc.constantFrom('x', 'y', 'z'),
    available: fc.nat({ max: 5 }),
  });
  const levels = fc.uniqueArray(level, { selector: (one) => one.variantId + one.warehouseId });
  const orders = fc.array(
    fc.record({ variantId: fc.constantFrom('a', 'b'), quantity: fc.integer({ min: 1, max: 4 }) }),
  );
  fc.assert(
    fc.property(levels, orders, (free, asked) => {
      const all = asked.map((one, i) => waiting(String(i), one.variantId, one.quantity));
      const filled = fillOldest(free, all);
      for (const variantId of ['a', 'b']) {
        const had = free
          .filter((one) => one.variantId === variantId)
          .reduce((sum, one) => sum + one.available, 0);
        const queue = all.filter((one) => one.variantId === variantId);
        const got = queue.map(({ orderId }) =>
          filled.filter((one) => one.orderId === orderId).reduce((sum, one) => sum + one.quantity, 0),
        );
        let left = had;
        queue.forEach((one, i) => {
          expect(got[i]).toBe(Math.min(left, one.quantity));
          left -= got[i] ?? 0;
        });
      }
    }),
  );
});

test('cancelled lines are taken from what waits, and the rest from what is held', () => {
  expect(
    takeWaiting(
      [{ variantId: 'a', quantity: 2 }],
      [
        { variantId: 'a', quantity: 3 },
        { variantId: 'b', quantity: 1 },
      ],
    ),
  ).toEqual({
    waiting: [{ variantId: 'a', quantity: 2 }],
    rest: [
      { variantId: 'a', quantity: 1 },
      { variantId: 'b', quantity: 1 },
    ],
  });
});

test('there is room up to the limit, without a limit for any number, and none where it is denied', () => {
  expect(roomOf({ policy: 'BACKORDER', maxWaiting: 5, waiting: 3 })).toBe(2);
  expect(roomOf({ policy: 'PREORDER', maxWaiting: 2, waiting: 3 })).toBe(0);
  expect(roomOf({ policy: 'BACKORDER', maxWaiting: null, waiting: 3 })).toBeGreaterThan(1_000_000);
  expect(roomOf({ policy: 'DENY', maxWaiting: null, waiting: 0 })).toBe(0);
});
