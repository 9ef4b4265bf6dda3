/** Races in the warehouses: goods between two of them, and what customers wait for. */
import { randomUUID } from 'node:crypto';
import { createWarehouse } from './warehouse.js';
import {
  attempt,
  countOf,
  countsOf,
  goodsOf,
  pay,
  placed,
  times,
  until,
  wait,
  type Attempt,
  type Bench,
  type Race,
} from './bench.js';

const levelIn = 'SELECT on_hand FROM inventory.stock_level WHERE variant_id = $1 AND warehouse_id = $2';

interface Planned {
  transferId: string;
  variantId: string;
  from: string;
  to: string;
}

/** Three of ten pieces that are to go to another warehouse. */
async function planned(bench: Bench, quantity = 3): Promise<Planned> {
  const { variantId, warehouseId: from } = await goodsOf(bench);
  const to = await createWarehouse(bench.staff);
  const input = {
    ...{ idempotencyKey: randomUUID(), fromWarehouseId: from, toWarehouseId: to },
    lines: [{ variantId, quantity }],
  };
  const { given } = await attempt<{ transfer: { id: string } }>(
    bench.staff,
    'createStockTransfer',
    input,
    'transfer { id }',
  );
  return { transferId: given?.transfer.id ?? '', variantId, from, to };
}

const move = (bench: Bench, field: 'shipStockTransfer' | 'cancelStockTransfer', transferId: string) =>
  attempt(bench.staff, field, { transferId }, 'transfer { id }');

const receive = (
  bench: Bench,
  { transferId, variantId }: Planned,
  received: number,
): Promise<Attempt<unknown>> =>
  attempt(
    bench.staff,
    'receiveStockTransfer',
    { idempotencyKey: randomUUID(), transferId, lines: [{ variantId, received }] },
    'transfer { id }',
  );

/** Six send the same goods off at once: they leave once. */
export const transferSentOften: Race = async (bench) => {
  const { transferId, variantId, from } = await planned(bench);
  const answers = await times(6, () => move(bench, 'shipStockTransfer', transferId));
  bench.expect('six who send it off', countsOf(answers), { DONE: 6 });
  bench.expect('left there', await countOf(bench, levelIn, [variantId, from]), 7);
};

/** Four take in two pieces each of three that were sent. */
export const transferReceivedByMany: Race = async (bench) => {
  const transfer = await planned(bench);
  await move(bench, 'shipStockTransfer', transfer.transferId);
  const answers = await times(4, () => receive(bench, transfer, 2));
  bench.expect('four at the door', countsOf(answers), { DONE: 1, INVALID_INPUT: 3 });
  bench.expect('arrived', await countOf(bench, levelIn, [transfer.variantId, transfer.to]), 2);
};

/** It is given up twice at once, and taken in a moment later. */
export const transferGivenUp: Race = async (bench) => {
  const transfer = await planned(bench);
  await move(bench, 'shipStockTransfer', transfer.transferId);
  const answers = await times(2, () => move(bench, 'cancelStockTransfer', transfer.transferId));
  bench.expect('given up', countsOf(answers), { DONE: 2 });
  bench.expect('taken in', (await receive(bench, transfer, 3)).code, 'TRANSFER_STATE');
  bench.expect('back', await countOf(bench, levelIn, [transfer.variantId, transfer.from]), 10);
};

/** Goods that are promised to an order are to leave for another warehouse. */
export const transferOfPromised: Race = async (bench) => {
  const { transferId, variantId } = await planned(bench, 9);
  await placed(bench, [variantId], 2);
  bench.expect(
    'sending it off',
    (await move(bench, 'shipStockTransfer', transferId)).code,
    'QUANTITY_BELOW_RESERVED',
  );
};

const deliver = (bench: Bench, variantId: string, warehouseId: string): Promise<Attempt<unknown>> =>
  attempt(bench.staff, 'adjustInventoryQuantities', {
    ...{ idempotencyKey: randomUUID(), type: 'PURCHASE', reason: 'Chaos' },
    changes: [{ variantId, warehouseId, delta: 1 }],
  });

/** Somebody waits for three pieces. */
async function waiting(bench: Bench): Promise<{ orderId: string; variantId: string }> {
  const { variantId } = await goodsOf(bench, 0);
  const policies = [{ variantId, policy: 'BACKORDER', maxWaiting: 5 }];
  await attempt(bench.staff, 'setBackorderPolicies', { policies });
  const order = await placed(bench, [variantId], 3);
  await pay(order);
  const committed = `SELECT count(*) FROM inventory.reservation WHERE order_id = $1 AND status = 'COMMITTED'`;
  await until(bench, committed, [order.id], 1);
  return { orderId: order.id, variantId };
}

/** The news that a piece came is told to orders twice. */
export const stockHeardTwice: Race = async (bench) => {
  const { orderId, variantId } = await waiting(bench);
  await deliver(bench, variantId, await createWarehouse(bench.staff));
  const waits = 'SELECT sum(backordered_quantity) FROM orders.order_item WHERE order_id = $1';
  await until(bench, waits, [orderId], 2);
  await bench.db.query(
    `UPDATE orders.inbox SET done_at = NULL, run_at = now() WHERE aggregate_id = $1 AND type = 'BackorderFilled'`,
    [orderId],
  );
  await wait(1_500);
  bench.expect('still to come', await countOf(bench, waits, [orderId]), 2);
};
