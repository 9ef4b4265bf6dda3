/** Races for events: each is told if it is so, carried once, and handled whatever breaks. */
import { randomUUID } from 'node:crypto';
import { attempt, countOf, goodsOf, pay, placed, until, wait, type Race } from './bench.js';

/** The relay carries everything once more, as after its own note was lost. */
export const carriedAgain: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  const order = await placed(bench, [variantId]);
  await pay(order);
  const onTheWay = 'SELECT count(*) FROM orders.outbox WHERE relayed_at IS NULL';
  await until(bench, onTheWay, [], 0);
  await bench.db.query('UPDATE orders.outbox SET relayed_at = NULL');
  await attempt(order.guest, 'cancelOrder', { idempotencyKey: randomUUID(), orderId: order.id });
  await until(bench, onTheWay, [], 0, 5_000);
  bench.expect('events that stay behind', await countOf(bench, onTheWay), 0);
};

const refuse = (table: string, when: string): string => `
  CREATE FUNCTION inventory.chaos_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
  CREATE CONSTRAINT TRIGGER chaos_refuse AFTER INSERT OR UPDATE ON inventory.${table} DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION inventory.chaos_refuse()`;
const accept = (table: string): string =>
  `DROP TRIGGER chaos_refuse ON inventory.${table}; DROP FUNCTION inventory.chaos_refuse()`;

/** Inventory's database fails while the news of a payment is handled, at the last moment. */
export const failsAtTheEnd: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  await bench.db.query(refuse('reservation', `NEW.status = 'COMMITTED'`));
  const order = await placed(bench, [variantId], 2);
  await pay(order);
  const failed = `SELECT count(*) FROM inventory.inbox WHERE type = 'OrderPaid' AND (attempts > 0 OR done_at IS NOT NULL) AND aggregate_id = $1`;
  await until(bench, failed, [order.id], 1);
  await wait(500);
  await bench.db.query(accept('reservation'));
  await bench.pass(10_000);
  const sold = `SELECT count(*) FROM inventory.reservation WHERE order_id = $1 AND status = 'COMMITTED'`;
  await until(bench, sold, [order.id], 1, 6_000);
  bench.expect('sold', await countOf(bench, sold, [order.id]), 1);
  const entries = `SELECT count(*) FROM inventory.inventory_transaction WHERE type = 'SALE' AND reference = $1`;
  bench.expect('entries of the sale', await countOf(bench, entries, [order.id]), 1);
};

/** A change of stock is undone at the last moment: nobody has heard of it. */
export const undoneAtTheEnd: Race = async (bench) => {
  const { variantId, warehouseId } = await goodsOf(bench, 5);
  const told = `SELECT count(*) FROM inventory.outbox WHERE aggregate_id = $1`;
  const before = await countOf(bench, told, [variantId]);
  await bench.db.query(refuse('inventory_transaction', `NEW.reason = 'Undone'`));
  const changes = [{ variantId, warehouseId, delta: -5 }];
  const input = { idempotencyKey: randomUUID(), type: 'DAMAGE', reason: 'Undone', changes };
  const { code } = await attempt(bench.staff, 'adjustInventoryQuantities', input);
  await bench.db.query(accept('inventory_transaction'));
  bench.expect('the change', code, 'INTERNAL_SERVER_ERROR');
  bench.expect('news of what is not', (await countOf(bench, told, [variantId])) - before, 0);
};
