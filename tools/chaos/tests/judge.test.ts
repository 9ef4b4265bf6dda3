/** The clients' book is compared with what the shop has: each way to lose something is seen. */
import { expect, test } from '@jest/globals';
import { newTold, type Told } from '../ledger.js';
import { judgeNumbers, judgeStock, judgeTold, type OrderRow } from '../judge.js';

const order: OrderRow = {
  ...{
    id: 'o',
    number: 'H-1',
    customerId: 'c',
    state: 'CONFIRMED',
    paymentState: 'PAID',
    fulfilment: 'NONE',
  },
  ...{ gross: 1490, paid: 1490, refunded: 0, charges: 1, cancelled: { i: 0 }, returned: {} },
};
const told = (more: Partial<Told> = {}): Told => ({
  ...newTold(1, 'buys'),
  ...{ customerId: 'c', orderId: 'o', number: 'H-1', total: 1490, placings: 1, paid: true },
  ...more,
});
const kinds = (book: Told, row: OrderRow | undefined): string[] =>
  judgeTold(book, row).map(({ kind }) => kind);

test('what stands as it was told is right', () => {
  expect(kinds(told(), order)).toEqual([]);
  expect(kinds(told({ paid: false }), { ...order, paid: 0, state: 'CANCELLED', charges: 0 })).toEqual([]);
});

test.each([
  ['an order that is not there', told(), undefined],
  ['another number', told(), { ...order, number: 'H-2' }],
  ['another total', told(), { ...order, gross: 1500, paid: 1490 }],
  ['a payment that is not there', told(), { ...order, paid: 0 }],
  ['a cancellation that did not happen', told({ cancelled: true, calledOff: true }), order],
  [
    'money of a cancelled order that stayed',
    told({ cancelled: true, calledOff: true }),
    { ...order, state: 'CANCELLED' },
  ],
  ['a paid order that was cancelled and keeps the money', told(), { ...order, state: 'CANCELLED' }],
  ['a parcel that arrived', told({ shipped: true }), order],
  ['a refund', told({ refunded: 100 }), order],
  ['a piece that came back', told({ returnedPieces: new Map([['i', 1]]) }), order],
  ['a cancelled piece', told({ cancelledPieces: new Map([['i', 1]]) }), order],
])('lost: %s', (_name, book, row) => {
  expect(kinds(book, row)).toContain('lost');
});

test('money that was taken twice is seen', () => {
  expect(kinds(told(), { ...order, charges: 2 })).toEqual(['charged twice']);
  expect(kinds(told(), { ...order, paid: 2980 })).toEqual(['charged twice']);
});

test('what a client found wrong at once is told', () => {
  expect(judgeTold(told({ faults: ['odd'] }), order)).toEqual([
    { kind: 'wrong answer', text: 'checkout 1 (buys): odd' },
  ]);
});

test('nobody has more orders than they asked for', () => {
  expect(judgeNumbers([told()], [order])).toEqual([]);
  expect(judgeNumbers([told()], [order, { ...order, id: 'p' }]).map(({ kind }) => kind)).toEqual([
    'more than asked for',
  ]);
});

test('what was sold was there', () => {
  const article = { variantId: 'v', price: 100, stock: [3, 2], scarce: true, toCome: false };
  const goods = { articles: [article], warehouseIds: [], coupons: [] };
  const move = { variantId: 'v', delta: 2, unknown: true };
  const ask = (onHand: number, sold: number, onTheWay = 0): string[] =>
    judgeStock(goods, [move], [{ variantId: 'v', onHand, sold, onTheWay }]).map(({ kind }) => kind);
  expect(ask(1, 4)).toEqual([]);
  expect(ask(3, 4)).toEqual([]);
  expect(ask(1, 2, 2)).toEqual([]);
  expect(ask(4, 4)).toEqual(['stock']);
  expect(ask(0, 4)).toEqual(['stock']);
  expect(ask(0, 8)).toEqual(['oversold']);
});
