/** A refused movement of stock stays refused under its key: who sees that it can be done now means it anew. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  createInventoryTest,
  createWarehouse,
  eventsOf,
  ledgerOf,
  levelsOf,
  staff,
  stockVariant,
  type InventoryTest,
} from './inventory-test.js';

let t: InventoryTest;
let home: string;
beforeAll(async () => {
  t = await createInventoryTest();
  home = await createWarehouse(t);
});
afterAll(() => t.close());

test('goods that were not there are refused, for twins and repeats, also when they have come; a new key takes them', async () => {
  const clerk = staff();
  const variantId = await stockVariant(t, { [home]: 2 });
  const move = (
    delta: number,
    type: string,
    idempotencyKey: string,
  ): Promise<{ levels: { onHand: number }[] | null; userErrors: object[] }> =>
    t.mutate(
      'adjustInventoryQuantities',
      { idempotencyKey, type, reason: 'test', changes: [{ variantId, warehouseId: home, delta }] },
      'levels { onHand } facts: userErrors { ... on QuantityBelowReservedError { reserved warehouseId } }',
      clerk,
    );
  const key = t.parts.newId();
  const refused = {
    levels: null,
    facts: [{ reserved: 0, warehouseId: home }],
    userErrors: [
      { code: 'QUANTITY_BELOW_RESERVED', message: expect.any(String), field: ['changes', '0', 'delta'] },
    ],
  };
  expect(await Promise.all([1, 2, 3].map(() => move(-5, 'DAMAGE', key)))).toEqual([
    refused,
    refused,
    refused,
  ]);
  expect(await levelsOf(t, variantId)).toEqual({ [home]: [2, 0] });

  expect(await move(8, 'PURCHASE', t.parts.newId())).toMatchObject({ levels: [{ onHand: 10 }] });
  expect(await move(-5, 'DAMAGE', key)).toEqual(refused);
  expect(await levelsOf(t, variantId)).toEqual({ [home]: [10, 0] });
  expect(await ledgerOf(t, variantId)).toEqual(['ADJUSTMENT 2', 'PURCHASE 8']);
  expect(await eventsOf(t, variantId)).toEqual(['0 -> 2', '2 -> 10']);

  const again = t.parts.newId();
  for (let time = 0; time < 2; time += 1)
    expect(await move(-5, 'DAMAGE', again)).toEqual({ levels: [{ onHand: 5 }], facts: [], userErrors: [] });
  expect(await levelsOf(t, variantId)).toEqual({ [home]: [5, 0] });
});
