/**
 * An order is edited and paid in one instant, at every distance of the two: the payment is of what the order costs, whoever
 * is first, so that nothing is voided and nothing given back.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../../shared/ids.js';
import { createWorld, payOrder, placedOrder, readOrder, setUpShop, type World } from './world.js';
import { pause } from '../../../tests/testkit/eventually.js';

/** How long the key of a payment takes to be written, and an edit. */
const slowMs = 40;
let world: World;
let methodId: string;
beforeAll(async () => {
  world = await createWorld();
  methodId = await setUpShop(world);
  await world.rows(
    `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN PERFORM pg_sleep(${slowMs / 1_000}); RETURN NEW; END $$`,
  );
  await world.rows(
    `CREATE TRIGGER slow BEFORE INSERT ON idempotency_key FOR EACH ROW
     WHEN (NEW.operation = 'payOrder') EXECUTE FUNCTION slow()`,
  );
  // After the order's row is written, before the edit is.
  await world.rows(
    `CREATE TRIGGER slow BEFORE INSERT ON order_step FOR EACH ROW
     WHEN (NEW.kind = 'CHANGED') EXECUTE FUNCTION slow()`,
  );
});
afterAll(() => world.close());

/**
 * The order is paid so many milliseconds after its edit begins to be written, or before, or surely first or last; what the
 * edit was refused with.
 */
async function editedAndPaid(moment: number | 'first' | 'last'): Promise<string | null> {
  const { caller, order, variantId } = await placedOrder(world, methodId);
  const pay = () => payOrder(world, caller, order.id, 'pm_card', newId());
  let paying: ReturnType<typeof payOrder> | undefined;
  world.neighbours.onCall('ChangeReservation', async () => {
    if (moment === 'last') return;
    paying = moment === 'first' ? pay() : pause(Math.max(0, moment)).then(pay);
    if (moment === 'first') await paying;
    else await pause(Math.max(0, -moment));
  });
  const lines = [{ variantId, quantity: 3 }];
  const { userErrors } = await world.ask<{ userErrors: { code: string }[] }>(
    caller,
    `mutation ($input: EditOrderInput!) { editOrder(input: $input) { userErrors { code } } }`,
    { input: { idempotencyKey: newId(), orderId: order.id, lines } },
  );
  const paid = await (paying ?? pay());
  expect(paid?.userErrors).toEqual([]);
  const code = userErrors[0]?.code ?? null;
  const amount = code === null ? '64.90' : '44.90';
  expect(await readOrder(world, caller, order.id)).toMatchObject({
    ...{ status: 'PAID', total: { amount }, refundedAmount: { amount: '0.00' }, refunds: [] },
    items: [{ quantity: code === null ? 3 : 2 }],
  });
  const asked = world.neighbours.payments.filter((one) => one.orderId === order.id);
  expect(asked.map((one) => one.amount.amount)).toEqual([amount]);
  return code;
}

test('a payment is of what the order costs, at whatever moment the order is edited', async () => {
  expect(await editedAndPaid('last')).toBeNull();
  expect(await editedAndPaid('first')).toBe('NOT_EDITABLE');
  // Who is first in between is the machine's affair.
  for (let afterMs = -2 * slowMs; afterMs <= 2 * slowMs; afterMs += 5)
    expect([null, 'PAYMENT_IN_PROGRESS', 'NOT_EDITABLE']).toContain(await editedAndPaid(afterMs));
});
