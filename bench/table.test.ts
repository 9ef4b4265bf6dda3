import { expect, test } from '@jest/globals';
import { figure, megabytes, table } from './table.js';

test('figures have three digits that count', () => {
  expect([0, 0.0123, 0.1234, 1.234, 12.34, 123.4, 1_234, NaN].map(figure)).toEqual([
    '0',
    '0.012',
    '0.123',
    '1.23',
    '12.3',
    '123',
    '1,234',
    '-',
  ]);
  expect([megabytes(3 * 2 ** 20), megabytes(NaN)]).toEqual(['3', '-']);
});

test('columns stand below each other, words to the left and figures to the right', () => {
  expect(
    table(
      ['operation', 'p50'],
      [
        ['cart', '1.5'],
        ['place order', '12.5'],
      ],
    ),
  ).toBe(
    [
      '| operation   |  p50 |',
      '| ----------- | ---: |',
      '| cart        |  1.5 |',
      '| place order | 12.5 |',
    ].join('\n'),
  );
});
