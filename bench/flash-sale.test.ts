import { expect, test } from '@jest/globals';
import { saleFailures } from './flash-sale-report.js';
import { buyUntilSoldOut, type SaleMode } from './flash-sale.js';

test('everybody buys until told that there is no more; whatever else is told is no refusal', async () => {
  let left = 7;
  let turn = 0;
  let late = 0;
  const bought = await buyUntilSoldOut(3, async (around) => {
    await around('add to cart', async () => {
      if (left === 0 && (late += 1) === 1) throw new Error('QUANTITY_REDUCED: There is no more.');
    });
    await around('place order', async () => {
      if ((turn += 1) === 2) throw new Error('HTTP 500: broken');
      if (left === 0) throw new Error('INSUFFICIENT_STOCK: There is no more.');
      left -= 1;
    });
  });
  expect({ ...bought, latencies: bought.latencies.length, seconds: 0 }).toEqual({
    checkouts: 7,
    latencies: 7,
    seconds: 0,
    told: { 'add to cart': 1, 'place order': 1 },
    errors: new Map([['HTTP 500: broken', 1]]),
  });
});

const stock = 500;
const failuresOf = (mode: SaleMode): string[] => saleFailures({ stock, modes: [mode] });
const saleOf = (sold: number, left: number, errors: [string, number][] = []): SaleMode => ({
  mode: 'one',
  idle: { servers: {}, postgres: 0, statements: 0 },
  idleBrowsing: [],
  sales: [
    {
      buyers: 64,
      bought: { checkouts: sold, latencies: [], seconds: 1, told: {}, errors: new Map(errors) },
      sold,
      left,
      used: { servers: {}, postgres: 0, statements: 0 },
      browsing: [],
    },
  ],
  others: 0,
  violations: [],
});

test('one unit too many, one too few or one who is told something else is a failure', () => {
  expect(failuresOf(saleOf(stock, 0))).toEqual([]);
  expect(failuresOf(saleOf(stock + 1, -1))).toEqual([
    'one, 64 buyers: 501 of 500 sold (501 checkouts), -1 left',
  ]);
  expect(failuresOf(saleOf(stock - 1, 1))).toEqual([
    'one, 64 buyers: 499 of 500 sold (499 checkouts), 1 left',
  ]);
  expect(failuresOf(saleOf(stock, 0, [['HTTP 500: x', 1]]))).toEqual([
    'one, 64 buyers: 1 were told: HTTP 500: x',
  ]);
});
