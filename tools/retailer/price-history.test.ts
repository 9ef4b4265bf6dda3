import { expect, test } from '@jest/globals';
import { priceHistory } from './price-history.js';

const months = (counts: Record<string, [pence: bigint, lines: number][]>): Map<string, Map<bigint, number>> =>
  new Map(Object.entries(counts).map(([month, prices]) => [month, new Map(prices)]));

test('successive prices in the order of time, each from its month on', () => {
  const history = priceHistory(
    months({ '2011-03': [[295n, 9]], '2010-12': [[255n, 9]], '2011-02': [[255n, 8]] }),
  );
  expect(history).toEqual([
    { from: '2010-12', price: 255n },
    { from: '2011-03', price: 295n },
  ]);
});

test('of two equally frequent prices the higher is regular: large quantities get a lower one', () => {
  expect(priceHistory(months({ '2010-12': [[255n, 4], [295n, 4]] }))).toEqual([{ from: '2010-12', price: 295n }]); // prettier-ignore
});

test('a price that two lines name, or that the old one still rivals, is no new price', () => {
  const history = priceHistory(
    months({
      '2010-12': [[295n, 9]],
      '2011-01': [[255n, 2]],
      '2011-02': [
        [255n, 5],
        [295n, 3],
      ],
    }),
  );
  expect(history).toEqual([{ from: '2010-12', price: 295n }]);
});

test('a price that comes back is a change again', () => {
  const history = priceHistory(
    months({ '2010-12': [[295n, 9]], '2011-01': [[255n, 3]], '2011-02': [[295n, 3]] }),
  );
  expect(history.map(({ price }) => price)).toEqual([295n, 255n, 295n]);
});
