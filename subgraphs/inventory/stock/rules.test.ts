import { expect, test } from '@jest/globals';
import {
  expectedAt,
  statusOf,
  stockEvents,
  visibleQuantity,
  type LevelChange,
  type LevelState,
  type VisibleNumbers,
} from './rules.js';

const state = (available: number, lowStockThreshold = 0, active = true, reorderPoint = 0): LevelState => ({
  ...{ available, lowStockThreshold, reorderPoint, reorderQuantity: 20, active },
});
const change = (warehouseId: string, before: LevelState, after: LevelState): LevelChange => ({
  variantId: 'v',
  warehouseId,
  before,
  after,
});
const told = (...changes: LevelChange[]): string[] =>
  stockEvents(changes).map(({ type, payload }) => `${type} ${JSON.stringify(payload)}`);

test('stock is out at nothing, low at its threshold or below, else in stock', () => {
  const status = (available: number) => statusOf({ available, lowStockThreshold: 2 });
  expect([0, 1, 2, 3].map(status)).toEqual(['OUT', 'LOW', 'LOW', 'IN_STOCK']);
});

test('what is out can be ordered where there is room beyond the stock, and says when more is expected', () => {
  const beyond = { policy: 'PREORDER' as const, room: 3, expectedAt: new Date(1) };
  expect(statusOf({ available: 0, lowStockThreshold: 0, beyond })).toBe('PREORDER');
  expect(expectedAt({ available: 0, lowStockThreshold: 0, beyond })).toEqual(new Date(1));
  expect(statusOf({ available: 1, lowStockThreshold: 0, beyond })).toBe('IN_STOCK');
  expect(expectedAt({ available: 1, lowStockThreshold: 0, beyond })).toBeNull();
});

test('shoppers see numbers as the shop allows, staff always', () => {
  const [few, many] = [2, 3].map((available) => ({ available, lowStockThreshold: 2 }));
  const seen = (staff: boolean, numbers: VisibleNumbers) =>
    [few, many].map((stock) => stock && visibleQuantity(stock, staff, numbers));
  expect(seen(false, 'low')).toEqual([2, null]);
  expect(seen(false, 'never')).toEqual([null, null]);
  expect(seen(false, 'always')).toEqual([2, 3]);
  expect(seen(true, 'never')).toEqual([2, 3]);
});

test('the reorder point is told once when it is crossed downwards, with how much to order', () => {
  const at = (before: number, after: number) =>
    told(change('x', state(before, 0, true, 4), state(after, 0, true, 4))).filter((one) =>
      one.startsWith('Reorder'),
    );
  expect(at(5, 4)).toEqual([
    'ReorderPointReached {"variantId":"v","warehouseId":"x","available":4,"reorderQuantity":20}',
  ]);
  expect([at(4, 3), at(6, 5), at(3, 9)]).toEqual([[], [], []]);
});

test('a variant is told once, with the sum of its active warehouses', () => {
  expect(
    told(
      change('x', state(3), state(1)),
      change('y', state(4), state(4)),
      change('z', state(9, 0, false), state(8, 0, false)),
    ),
  ).toEqual(['InventoryUpdated {"variantId":"v","available":5,"previousAvailable":7}']);
  expect(told(change('x', state(3), state(1)), change('y', state(4), state(6)))).toEqual([]);
});

test('crossing a threshold downwards is told once per warehouse, and being out once per variant', () => {
  const low = 'LowStock {"variantId":"v","warehouseId":"x","available":2}';
  expect(told(change('x', state(3, 2), state(2, 2)))).toContain(low);
  expect(told(change('x', state(2, 2), state(1, 2)))).not.toContainEqual(expect.stringContaining('LowStock'));
  expect(told(change('x', state(3), state(0)), change('y', state(1), state(1)))).not.toContainEqual(
    expect.stringContaining('OutOfStock'),
  );
  expect(told(change('x', state(3), state(0)), change('y', state(1), state(0))).at(-1)).toBe(
    'OutOfStock {"variantId":"v"}',
  );
  expect(told(change('x', state(0), state(0)))).toEqual([]);
  expect(told(change('x', state(0, 2), state(5, 2)))).toEqual([
    'InventoryUpdated {"variantId":"v","available":5,"previousAvailable":0}',
  ]);
});
