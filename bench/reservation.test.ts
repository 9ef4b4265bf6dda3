import { expect, test } from '@jest/globals';
import { reservationFailures, reservationReport } from './reservation-report.js';
import { linesOf, type Reservation } from './reservation.js';

const goods = { hot: 'hot', others: Array.from({ length: 49 }, (_, i) => `other ${i}`) };

test('every order wants the one article, some up to three others, none of them twice', () => {
  const orders = Array.from({ length: 200 }, (_, number) => linesOf('one to four articles', goods, number));
  expect(orders.every(([first]) => first?.variantId === 'hot')).toBe(true);
  expect(new Set(orders.map(({ length }) => length))).toEqual(new Set([1, 2, 3, 4]));
  for (const lines of orders)
    expect(new Set(lines.map(({ variantId }) => variantId)).size).toBe(lines.length);
  expect(linesOf('one article', goods, 3)).toEqual([{ variantId: 'hot', quantity: 1 }]);
});

const load = (operations: number, seconds: number) => ({
  operations,
  seconds,
  latencies: [4],
  errors: new Map<string, number>(),
});
const found: Reservation = {
  postgres: '18.4',
  redis: undefined,
  seconds: 2,
  decided: [
    {
      door: 'in process',
      kind: 'one article',
      clients: 64,
      load: load(8_000, 2),
      server: 0.1,
      postgres: 0.2,
    },
  ],
  raw: [
    { name: 'one transaction per order', clients: 16, load: load(1, 1), orders: 1 },
    { name: 'batches of 50, one at a time', clients: 16, load: load(1, 1), orders: 50 },
    { name: 'one transaction per order', clients: 64, load: load(4_000, 2), orders: 1 },
    { name: 'batches of 50, one at a time', clients: 64, load: load(320, 2), orders: 50 },
  ],
  violations: [],
};

test('decisions a second stand beside raw Postgres with as many callers; a batch is as many orders as are in it', () => {
  const report = reservationReport(found);
  expect(report).toMatch(/in process, one article \| +64 \| +4,000 .*\| +2\.00 \| +0\.500 \|$/m);
  expect(report).toMatch(/batches of 50, one at a time \| +64 \| +8,000 \|/);
});

test('what was answered and is not in the database is a failure', () => {
  expect(reservationFailures(found)).toEqual([]);
  const lost = '5 were told that they have one; 4 are reserved, for 4 in all orders';
  expect(reservationFailures({ ...found, violations: [lost] })).toEqual([lost]);
});
