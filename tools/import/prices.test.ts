import { expect, test } from '@jest/globals';
import { priceCalls, stepsLeft, type PricedArticle } from './prices.js';
import { handleOf } from './products.js';
import { levelCalls, stockFor } from './stock.js';

const priced = (
  sku: string,
  price: bigint | null,
  history: [from: string, price: bigint][],
): PricedArticle => ({
  article: { sku, name: sku, otherNames: [], sold: 1, prices: history.map(([from, pence]) => ({ from, price: pence })) }, // prettier-ignore
  variantId: `v-${sku}`,
  price,
});
const lamp = (price: bigint | null): PricedArticle =>
  priced('LAMP', price, [
    ['2010-12', 255n],
    ['2011-02', 295n],
    ['2011-05', 255n],
    ['2011-08', 325n],
  ]);

test("the shop's price says how far the history has come; of a price that came back, the last time", () => {
  const prices = (price: bigint | null): bigint[] => stepsLeft([lamp(price)]).steps.map((step) => step.price);
  expect(prices(null)).toEqual([255n, 295n, 255n, 325n]);
  expect(prices(295n)).toEqual([255n, 325n]);
  expect(prices(255n)).toEqual([325n]);
  expect(prices(325n)).toEqual([]);
});

test('a price that the file does not know was set in the shop, and stays', () => {
  expect(stepsLeft([lamp(999n)])).toEqual({ steps: [], setByShop: ['LAMP'] });
});

test('calls go month by month, and none has an article twice', () => {
  const articles = Array.from({ length: 250 }, (_, i) =>
    priced(String(i), null, [
      ['2010-12', 100n],
      ['2011-01', 200n],
    ]),
  );
  const calls = priceCalls(stepsLeft(articles).steps);
  expect(calls.map((call) => [call[0]?.month, call.length])).toEqual([
    ['2010-12', 200],
    ['2010-12', 50],
    ['2011-01', 200],
    ['2011-01', 50],
  ]);
  for (const call of calls) expect(new Set(call.map(({ variantId }) => variantId)).size).toBe(call.length);
});

test('articles of the same name have handles of their own', () => {
  expect(handleOf({ name: 'METAL SIGN,CUPCAKE SINGLE HOOK', sku: '82583' })).toBe(
    'metal-sign-cupcake-single-hook-82583',
  );
  expect(handleOf({ name: '*USB Office Mirror Ball', sku: '15056BL' })).toBe(
    'usb-office-mirror-ball-15056bl',
  );
});

test('stock is what was sold and a tenth, ten pieces at least, as much as a level holds at most', () => {
  expect([1, 100, 101, 76917, 20_000_000].map(stockFor)).toEqual([11, 110, 112, 84609, 10_000_000]);
});

test('levels go a hundred at a time', () => {
  const levels = Array.from({ length: 201 }, (_, i) => ({ variantId: String(i), quantity: 1 }));
  expect(levelCalls(levels).map((call) => call.length)).toEqual([100, 100, 1]);
  expect(levelCalls([])).toEqual([]);
});
