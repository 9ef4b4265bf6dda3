import { expect, test } from '@jest/globals';
import { discountOf, promotionErrors, type Promotion } from './rules.js';

const promotion: Promotion = {
  ...{
    id: 'p',
    code: 'PP',
    name: 'P',
    kind: 'BUY_X_GET_Y',
    currencyCode: 'EUR',
    percentBasisPoints: null,
    amount: null,
  },
  ...{
    buyQuantity: 2,
    getQuantity: 1,
    minimumValue: null,
    ...{ automatic: false, active: true, priority: 0, stacking: 'COMBINABLE' },
    ...{ variantIds: [], categoryIds: [] },
    startsAt: new Date(0),
    endsAt: null,
  },
  ...{ limitTotal: null, limitPerCustomer: null, redeemedCount: 0 },
};
const line = (variantId: string, unitAmount: bigint, quantity: number) => ({
  categoryIds: [] as string[],
  ...{ variantId, unitAmount, quantity, left: unitAmount * BigInt(quantity) },
});

test.each([
  [2, 0n],
  [3, 100n],
  [5, 100n],
  [6, 200n],
])('of %i pieces, two paid for each free one, %s is off', (pieces, off) => {
  expect(discountOf(promotion, [line('a', 100n, pieces)])).toEqual([off]);
});

test('in each group of pieces, the dearest first, the last ones are free', () => {
  expect(discountOf(promotion, [line('cheap', 100n, 2), line('dear', 500n, 1)])).toEqual([100n, 0n]);
  expect(discountOf(promotion, [line('cheap', 100n, 1), line('dear', 500n, 5)])).toEqual([100n, 500n]);
});

test('pieces of other articles neither count nor become free', () => {
  const few = { ...promotion, variantIds: ['a'] };
  expect(discountOf(few, [line('a', 100n, 2), line('b', 50n, 4)])).toEqual([0n, 0n]);
});

test('what is left of a line is the most that can be off', () => {
  expect(discountOf(promotion, [{ ...line('a', 100n, 3), left: 30n }])).toEqual([30n]);
});

test('a promotion must say what its kind needs', () => {
  const fields = (draft: Partial<Promotion>): unknown[] =>
    promotionErrors({ ...promotion, ...draft }).map((error) => error.field?.[0]);
  expect(fields({})).toEqual([]);
  expect(fields({ kind: 'PERCENT', percentBasisPoints: 10_001 })).toEqual(['percentBasisPoints']);
  expect(fields({ variantIds: ['no id'] })).toEqual(['variantIds']);
  expect(fields({ kind: 'FIXED', amount: 0n })).toEqual(['amount']);
  expect(fields({ getQuantity: null, code: 'a', endsAt: new Date(0), limitTotal: 0 })).toEqual([
    'code',
    'buyQuantity',
    'endsAt',
    'limitTotal',
  ]);
});
