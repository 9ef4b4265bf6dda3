import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  createInventoryTest,
  createWarehouse,
  deliver,
  discrepancies,
  reserve,
  reserveInput,
  type InventoryTest,
} from './inventory-test.js';

let t: InventoryTest;
beforeAll(async () => {
  t = await createInventoryTest();
});
afterAll(() => t.close());

test('an order of a thousand articles, a hundred thousand pieces each, is held, sold and taken back', async () => {
  const home = await createWarehouse(t);
  const variants = Array.from({ length: 1_000 }, () => t.parts.newId());
  await t.db.stockLevel.createMany({
    data: variants.map((variantId) => ({ variantId, warehouseId: home, onHand: 100_001, reserved: 0 })),
  });
  const opening = { warehouseId: home, type: 'ADJUSTMENT', quantity: 100_001, reason: 'Opening stock' };
  await t.db.inventoryTransaction.createMany({
    data: variants.map((variantId) => ({
      ...opening,
      ...{ id: t.parts.newId(), variantId, occurredAt: t.parts.clock() },
    })),
  });
  const input = reserveInput(t, Object.fromEntries(variants.map((id) => [id, 100_000])));
  const sums = async (): Promise<unknown> => {
    const { _sum } = await t.db.stockLevel.aggregate({ _sum: { onHand: true, reserved: true } });
    return [_sum.onHand, _sum.reserved];
  };
  expect(await reserve(t, input)).toMatchObject({ status: 'RESERVED' });
  expect(await sums()).toEqual([100_001_000, 100_000_000]);

  const { orderId, customerId } = input;
  const lines = variants.map((variantId) => ({ variantId, productId: variantId, quantity: 100_000 }));
  const paid = { orderId, customerId, amount: '1', currencyCode: 'EUR', lines };
  await deliver(t, 'OrderPaid', orderId, 1, paid);
  expect(await sums()).toEqual([1_000, 0]);
  await deliver(t, 'OrderCancelled', orderId, 2, { orderId, customerId, reason: 'STAFF' });
  expect(await sums()).toEqual([100_001_000, 0]);
  expect(await discrepancies(t)).toEqual([]);
});

test('more than a thousand lines are no order', async () => {
  const quantities = Object.fromEntries(Array.from({ length: 1_001 }, () => [t.parts.newId(), 1]));
  const input = reserveInput(t, quantities);
  await expect(reserve(t, input)).rejects.toThrow('lines are 1 to 1000');
  expect(await t.db.reservation.count({ where: { orderId: input.orderId } })).toBe(0);
});
