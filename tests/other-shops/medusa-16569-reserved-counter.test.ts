/**
 * medusa#16569: who called the reservation directly, without the lock that only the shop's own checkout took, reserved the
 * last piece twice; and of two calls at once the counter of what is reserved kept one, so that counter and reservations told
 * different things.
 *
 * medusa#12401 (and #11131): the counter became negative, and nothing could mend it: reservations that it had lost were taken
 * off it all the same when they were deleted, or one was taken off twice by a cancellation and a fulfilment.
 */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import {
  createInventoryTest,
  createSecondProcess,
  createWarehouse,
  deliver,
  discrepancies,
  fireTimers,
  levelsOf,
  orders,
  reserve,
  reserved,
  reserveInput,
  stockVariant,
  type InventoryTest,
} from '../../subgraphs/inventory/tests/inventory-test.js';
import { times } from '../testkit/race-shop.js';

let t: InventoryTest;
let other: InventoryTest;
let home: string;
beforeAll(async () => {
  t = await createInventoryTest();
  other = await createSecondProcess(t);
  home = await createWarehouse(t);
});
afterEach(async () => expect(await discrepancies(t)).toEqual([]));
afterAll(async () => {
  await other.close();
  await t.close();
});

const release = (on: InventoryTest, orderId: string) =>
  on.mutate<{ released: boolean }>('releaseStock', { orderId }, 'released', orders());

test('the last piece is reserved once by calls from anywhere, and counter and reservations agree', async () => {
  for (let round = 0; round < 10; round += 1) {
    const a = await stockVariant(t, { [home]: 1 });
    const answers = await times(6, (i) => reserve(i % 2 ? t : other, reserveInput(t, { [a]: 1 })));
    expect(answers.filter(({ status }) => status === 'RESERVED')).toHaveLength(1);
    expect(await levelsOf(t, a)).toEqual({ [home]: [1, 1] });
    expect(await t.db.reservationLine.count({ where: { variantId: a } })).toBe(1);
  }
});

test('#12401: however often and by whom a reservation is ended, its pieces come back once', async () => {
  const a = await stockVariant(t, { [home]: 100 });
  const ids = await times(12, () => reserved(t, { [a]: 2 }));
  const kept = await reserved(t, { [a]: 5 });
  // All ends at once: let go twice by orders, from two processes, cancelled by an event, lapsed by the timer.
  t.parts.testClock.advance(16 * 60_000);
  const keep = { orderId: kept, holdUntil: new Date(t.parts.clock().getTime() + 3_600_000) };
  await t.mutate('extendReservation', keep, 'holdUntil', orders());
  await Promise.all([
    ...ids.flatMap((id) => [release(t, id), release(other, id)]),
    ...ids.map((orderId) =>
      deliver(t, 'OrderCancelled', orderId, 2, {
        ...{ orderId, customerId: t.parts.newId() },
        reason: 'CUSTOMER',
      }),
    ),
    fireTimers(t),
    fireTimers(other),
  ]);
  expect(await levelsOf(t, a)).toEqual({ [home]: [100, 5] });
  for (const id of ids) await release(t, id);
  await fireTimers(t);
  expect(await levelsOf(t, a)).toEqual({ [home]: [100, 5] });
});

test('#12401: sold and cancelled at once, in any order and twice, is sold and back once or never sold', async () => {
  const a = await stockVariant(t, { [home]: 100 });
  const ids = await times(10, () => reserved(t, { [a]: 3 }));
  const paid = (orderId: string) =>
    deliver(t, 'OrderPaid', orderId, 2, {
      ...{ orderId, customerId: t.parts.newId(), amount: '3000', currencyCode: 'EUR' },
      placedAt: t.parts.clock().toISOString(),
      lines: [{ variantId: a, productId: t.parts.newId(), quantity: 3 }],
    });
  const cancelled = (orderId: string) =>
    deliver(t, 'OrderCancelled', orderId, 3, { orderId, customerId: t.parts.newId(), reason: 'CUSTOMER' });
  await Promise.all(ids.flatMap((id) => [paid(id), cancelled(id), paid(id), cancelled(id)]));
  expect(await levelsOf(t, a)).toEqual({ [home]: [100, 0] });
  const { _sum: sum } = await t.db.inventoryTransaction.aggregate({
    where: { variantId: a },
    _sum: { quantity: true },
  });
  expect(sum.quantity).toBe(100);
});
