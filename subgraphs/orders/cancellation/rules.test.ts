import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { someOrder, uuid } from '../tests/some-order.js';
import { amountOf, areOpen, cancelLines, isAll } from './rules.js';

const item = someOrder().items[0];
if (!item) throw new Error('The order has an item.');
const at = new Date('2026-11-21T12:05:00Z');

test('pieces that are cancelled one after the other cost what the line costs, in whatever portions', () => {
  const portions = fc.tuple(
    fc.bigInt({ min: 0n, max: 100_000n }),
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 }),
  );
  fc.assert(
    fc.property(portions, ([gross, list]) => {
      const quantity = list.reduce((sum, one) => sum + one, 0);
      let total = 0n;
      let cancelledQuantity = 0;
      for (const portion of list) {
        const amount = amountOf({ ...item, gross, quantity, cancelledQuantity }, portion);
        expect(amount).toBeGreaterThanOrEqual(0n);
        total += amount;
        cancelledQuantity += portion;
      }
      expect(total).toBe(gross);
    }),
  );
});

test('lines must be of the order, once each, and still open', () => {
  const order = someOrder();
  const line = (n: number, quantity: number) => ({ itemId: uuid(n), quantity });
  expect(areOpen(order, [line(11, 3), line(12, 1)])).toBe(true);
  expect(isAll(order, [line(11, 3), line(12, 1)])).toBe(true);
  expect(isAll(order, [line(11, 3)])).toBe(false);
  for (const lines of [[], [line(11, 4)], [line(11, 0)], [line(99, 1)], [line(11, 1), line(11, 1)]])
    expect(areOpen(order, lines)).toBe(false);
});

test('a cancelled line of an unpaid order is not asked for, of a paid one given back', () => {
  const lines = [{ itemId: uuid(11), quantity: 2 }];
  const unpaid = cancelLines(someOrder(), lines, uuid(50), at);
  expect([unpaid.order.cancelledAmount, unpaid.refundId]).toEqual([666n, null]);
  const paid = someOrder({ orderState: 'CONFIRMED', paymentState: 'PAID', paidAmount: 3489n });
  const given = cancelLines(paid, lines, uuid(50), at);
  expect(given.order).toMatchObject({
    cancelledAmount: 0n,
    refunds: [{ id: uuid(50), amount: 666n, reason: 'LINES_CANCELLED' }],
  });
  expect(given.events.map((one) => one.payload)).toEqual([
    { orderId: uuid(1), lines: [{ variantId: uuid(21), quantity: 2 }] },
  ]);
});
