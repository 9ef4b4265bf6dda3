/**
 * An order is edited and paid in one instant, at every distance of the two: the payment is of what the order costs, whoever
 * is first, so that nothing is voided and nothing given back.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newId } from '../../shared/ids.js';
import { createWorld, payOrder, placedOrder, readOrder, setUpShop, type World } from './world.js';

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

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The order is paid so long after its edit begins to be written, or before; what the edit was refused with. */
async function editedAndPaid(afterMs: number): Promise<string | null> {
  const { caller, order, variantId } = await placedOrder(world, methodId);
  let paying: ReturnType<typeof payOrder> | undefined;
  world.neighbours.onCall('ChangeReservation', async () => {
    paying = wait(Math.max(0, afterMs)).then(() => payOrder(world, caller, order.id, 'pm_card', newId()));
    await wait(Math.max(0, -afterMs));
  });
  const lines = [{ variantId, quantity: 3 }];
  const { userErrors } = await world.ask<{ userErrors: { code: string }[] }>(
    caller,
    `mutation ($input: EditOrderInput!) { editOrder(input: $input) { userErrors { code } } }`,
    { input: { idempotencyKey: newId(), orderId: order.id, lines } },
  );
  const paid = await paying;
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
  const codes: (string | null)[] = [];
  for (let afterMs = -2 * slowMs; afterMs <= 2 * slowMs; afterMs += 5)
    codes.push(await editedAndPaid(afterMs));
  const refused = codes.filter((code) => code !== null);
  // Both were first, often.
  expect(codes.length - refused.length).toBeGreaterThan(5);
  expect(refused.length).toBeGreaterThan(5);
  for (const code of refused) expect(['PAYMENT_IN_PROGRESS', 'NOT_EDITABLE']).toContain(code);
});
