import { expect, test } from '@jest/globals';
import { statusOf, stockEvents, visibleQuantity, type LevelChange, type LevelState } from './rules.js';

const state = (available: number, lowStockThreshold = 0, active = true): LevelState => ({
  available,
  lowStockThreshold,
  active,
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
  expect(visibleQuantity({ available: 3, lowStockThreshold: 2 }, false)).toBeNull();
  expect(visibleQuantity({ available: 3, lowStockThreshold: 2 }, true)).toBe(3);
  expect(visibleQuantity({ available: 2, lowStockThreshold: 2 }, false)).toBe(2);
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
