import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import {
  createInventoryTest,
  createWarehouse,
  deliver,
  discrepancies,
  eventsOf,
  ledgerOf,
  levelsOf,
  reserved,
  stockVariant,
  type InventoryTest,
} from './inventory-test.js';

let t: InventoryTest;
let home: string;
let away: string;
beforeAll(async () => {
  t = await createInventoryTest();
  home = await createWarehouse(t);
  away = await createWarehouse(t);
});
afterEach(async () => expect(await discrepancies(t)).toEqual([]));
afterAll(() => t.close());

const paid = (orderId: string, variantId: string, quantity: number) =>
  deliver(t, 'OrderPaid', orderId, 2, {
    ...{ orderId, customerId: orderId, amount: '100', currencyCode: 'EUR' },
    lines: [{ variantId, quantity, productId: orderId }],
  });

interface Came {
  orderId: string;
  returnId?: string;
  variantId: string;
  quantity: number;
  restock?: boolean;
}

/** Tells that so many pieces came back; the event's id. */
const cameBack = (
  { orderId, returnId = t.parts.newId(), variantId, quantity, restock = true }: Came,
  eventId?: string,
) =>
  deliver(
    t,
    'ReturnReceived',
    orderId,
    5,
    { orderId, customerId: orderId, returnId, restock, lines: [{ variantId, quantity }] },
    eventId,
  );

const reservationOf = async (orderId: string): Promise<Record<string, number>> => {
  const lines = await t.db.reservationLine.findMany({ where: { orderId } });
  return Object.fromEntries(lines.map((line) => [line.warehouseId, line.quantity]));
};

test('what came back goes where it was sold from, once per return, however often it is told', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 3 });
  await paid(orderId, a, 3);
  const returnId = t.parts.newId();
  const came = { orderId, returnId, variantId: a, quantity: 2 };
  const eventId = await cameBack(came);
  await cameBack(came, eventId);
  // Also as another event.
  await cameBack(came);
  expect(await levelsOf(t, a)).toEqual({ [home]: [4, 0] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 5', 'SALE -3', 'RETURN 2']);
  expect(await eventsOf(t, a)).toEqual(['0 -> 5', '5 -> 2', '2 -> 4']);
  const [entry] = await t.db.inventoryTransaction.findMany({ where: { variantId: a, type: 'RETURN' } });
  expect(entry).toMatchObject({ reference: orderId, reason: 'Sent back by the customer', actorId: null });
  // The reservation says what the customer keeps.
  expect(await reservationOf(orderId)).toEqual({ [home]: 1 });
});

test('returns of goods from two warehouses fill both again, and no more than came from each', async () => {
  const a = await stockVariant(t, { [home]: 2, [away]: 1 });
  const orderId = await reserved(t, { [a]: 3 });
  await paid(orderId, a, 3);
  expect(await levelsOf(t, a)).toEqual({ [home]: [0, 0], [away]: [0, 0] });
  for (let i = 0; i < 3; i += 1) await cameBack({ orderId, variantId: a, quantity: 1 });
  expect(await levelsOf(t, a)).toEqual({ [home]: [2, 0], [away]: [1, 0] });
  expect(await reservationOf(orderId)).toEqual({ [home]: 0, [away]: 0 });
});

test('what is written off moves no stock', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 3 });
  await paid(orderId, a, 3);
  const came = { orderId, returnId: t.parts.newId(), variantId: a, quantity: 2, restock: false };
  const eventId = await cameBack(came);
  await cameBack(came, eventId);
  expect(await levelsOf(t, a)).toEqual({ [home]: [2, 0] });
  expect(await ledgerOf(t, a)).toEqual(['ADJUSTMENT 5', 'SALE -3']);
  expect(await reservationOf(orderId)).toEqual({ [home]: 3 });
});

test('goods that are told back before their payment wait for it', async () => {
  const a = await stockVariant(t, { [home]: 5 });
  const orderId = await reserved(t, { [a]: 3 });
  const came = { orderId, returnId: t.parts.newId(), variantId: a, quantity: 1 };
  const eventId = t.parts.newId();
  await expect(cameBack(came, eventId)).rejects.toThrow(`the goods of order ${orderId} are not sold`);
  expect(await levelsOf(t, a)).toEqual({ [home]: [5, 3] });
  await paid(orderId, a, 3);
  const due = { runAt: t.parts.clock(), lastError: null };
  const { count } = await t.db.inboxMessage.updateMany({ where: { eventId, doneAt: null }, data: due });
  expect(count).toBe(1);
  await cameBack(came, eventId);
  expect(await levelsOf(t, a)).toEqual({ [home]: [3, 0] });
});
