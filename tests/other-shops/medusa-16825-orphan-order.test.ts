/**
 * medusa#16825: completing a cart reserved stock beside other steps that ran at the same time. When the reservation failed
 * after those were done, the engine refused to call them failed and undid nothing: of buyers racing for the last piece two
 * had an order, one of them without a reservation and without a payment.
 *
 * Here each step of an order is made to fail, before it has taken effect or after (its answer is lost): there is no order
 * without stock, no stock without an order when its time is over, and the same call again makes one order of it.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { GraphQLError } from 'graphql';
import type { Subgraph } from '../../subgraphs/shared/subgraph.js';
import { createGoods } from '../testkit/goods.js';
import {
  buyerOf,
  countsOf,
  pay,
  place,
  startRaceShop,
  stockOf,
  times,
  violationsOf,
  type RaceShop,
} from '../testkit/race-shop.js';
import { eventually } from '../testkit/eventually.js';

let shop: RaceShop;
let variantId: string;
/** Which calls fail: those that name this, before or after they took effect. */
let fault: { names: string; when: 'before' | 'after' } | null = null;

const failing = (subgraph: Subgraph): Subgraph => ({
  ...subgraph,
  execute: async (request) => {
    const hit = fault !== null && request.query.includes(fault.names);
    const broken = { data: null, errors: [new GraphQLError('The connection broke.')] };
    if (hit && fault?.when === 'before') return broken;
    const answer = await subgraph.execute(request);
    return hit ? broken : answer;
  },
});

beforeAll(async () => {
  shop = await startRaceShop({}, failing);
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 100 });
  variantId = variantIds[0] ?? '';
});
afterEach(async () => {
  expect(await violationsOf(shop)).toEqual([]);
  expect(await orphans()).toEqual([]);
});
afterAll(() => shop.close());

/** Orders that hold no stock, and stock that is held for no order: of those that are not over. */
async function orphans(): Promise<unknown[]> {
  const { rows } = await shop.ledger.query(
    `SELECT o.id AS of_order, r.order_id AS of_reservation, r.status
     FROM orders.orders o FULL JOIN inventory.reservation r ON r.order_id = o.id
     WHERE (o.order_state <> 'CANCELLED' AND r.status IS DISTINCT FROM 'OPEN' AND r.status IS DISTINCT FROM 'COMMITTED')
        OR (o.id IS NULL AND r.status IN ('OPEN', 'COMMITTED') AND r.hold_until < $1)`,
    [shop.parts.clock()],
  );
  return rows;
}

const ordersOf = async (): Promise<number> =>
  (await shop.ledger.query('SELECT id FROM orders.orders')).rowCount ?? -1;

/** Lets every write of such rows to a table fail, as when the disk is full or a neighbour step breaks. */
async function breakTable(table: string, condition: string): Promise<() => Promise<void>> {
  const name = `broken_${randomUUID().replaceAll('-', '')}`;
  await shop.ledger.query(`
    CREATE FUNCTION public.${name}() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'broken by a test'; END $$;
    CREATE TRIGGER ${name} BEFORE INSERT ON ${table} FOR EACH ROW WHEN (${condition})
      EXECUTE FUNCTION public.${name}()`);
  return async () => void (await shop.ledger.query(`DROP FUNCTION public.${name} CASCADE`));
}

test('of twelve who race for the last piece one has an order, and the others have none of it', async () => {
  const { variantIds } = await createGoods(shop.staff, { prices: ['10.00'], stock: 1 });
  const [last = ''] = variantIds;
  const buyers = await times(12, () => buyerOf(shop, { [last]: 1 }));
  const before = await ordersOf();
  const answers = await Promise.all(buyers.map(({ guest, version }) => place(guest, version)));
  expect(countsOf(answers)).toEqual({ DONE: 1, INSUFFICIENT_STOCK: 11 });
  expect(await ordersOf()).toBe(before + 1);
  const { rows } = await shop.ledger.query(
    `SELECT r.status, count(*)::int AS n, count(l.order_id)::int AS lines FROM inventory.reservation r
     LEFT JOIN inventory.reservation_line l USING (order_id) WHERE r.requested::text LIKE '%' || $1 || '%'
     GROUP BY 1 ORDER BY 1`,
    [last],
  );
  expect(rows).toEqual([
    { status: 'OPEN', n: 1, lines: 1 },
    { status: 'REFUSED', n: 11, lines: 0 },
  ]);
});

const steps = [
  { step: 'the article is looked up', names: 'variantsForSale', when: 'before' },
  { step: 'stock is reserved', names: 'reserveStock', when: 'before' },
  { step: 'stock has been reserved', names: 'reserveStock', when: 'after' },
] as const;

test.each(steps)(
  'a connection that breaks when $step leaves no half of an order',
  async ({ names, when }) => {
    const { guest, version } = await buyerOf(shop, { [variantId]: 1 });
    const before = { orders: await ordersOf(), stock: await stockOf(shop, variantId) };
    const key = randomUUID();
    fault = { names, when };
    const broken = await place(guest, version, key);
    fault = null;
    expect(broken.given?.order ?? null).toBeNull();
    expect(broken.code).not.toBeNull();
    expect(await ordersOf()).toBe(before.orders);
    const again = await times(3, () => place(guest, version, key));
    expect(countsOf(again)).toEqual({ DONE: 3 });
    expect(new Set(again.map(({ given }) => given?.order?.id)).size).toBe(1);
    expect(await ordersOf()).toBe(before.orders + 1);
    const { reserved } = before.stock as { reserved: number };
    expect(await stockOf(shop, variantId)).toEqual({ on_hand: 100, reserved: reserved + 1 });
    expect((await pay(guest, again[0]?.given?.order?.id ?? '')).given?.order?.status).toBe('PAID');
    await eventually(
      () => stockOf(shop, variantId),
      (stock) => (stock as { on_hand: number }).on_hand === 99,
    );
    await refill();
  },
);

/** As much as before, so that each test sees the same. */
async function refill(): Promise<void> {
  const { rows } = await shop.ledger.query<{ warehouse_id: string }>(
    'SELECT warehouse_id FROM inventory.stock_level WHERE variant_id = $1',
    [variantId],
  );
  await shop.staff.data(
    `mutation ($input: AdjustInventoryQuantitiesInput!) { adjustInventoryQuantities(input: $input) { userErrors { code } } }`,
    {
      input: {
        ...{ idempotencyKey: randomUUID(), type: 'PURCHASE', reason: 'Refill' },
        changes: [{ variantId, warehouseId: rows[0]?.warehouse_id, delta: 1 }],
      },
    },
  );
}

test.each([
  ['the order', 'orders.orders', 'true'],
  ['the news of the order', 'orders.outbox', `NEW.type = 'OrderCreated'`],
  ['the timer of the order', 'orders.inbox', `NEW.type = 'OrderPaymentDue'`],
])(
  '%s that cannot be written takes all of the order back; nobody returns, and the stock does',
  async (...row) => {
    const [, table, condition] = row;
    const { guest, version } = await buyerOf(shop, { [variantId]: 2 });
    const before = { orders: await ordersOf(), stock: await stockOf(shop, variantId) };
    const mend = await breakTable(table, condition);
    const broken = await place(guest, version);
    await mend();
    expect([broken.given?.order ?? null, broken.code]).toEqual([null, 'INTERNAL_SERVER_ERROR']);
    expect(await ordersOf()).toBe(before.orders);
    // The cart is still there to be ordered, and the stock goes back by itself.
    const { cart } = await guest.data<{ cart: { version: number } }>('{ cart { version } }');
    expect(cart.version).toBe(version);
    shop.parts.testClock.advance(40 * 60_000);
    expect(
      await eventually(
        () => stockOf(shop, variantId),
        (stock) => (stock as { reserved: number }).reserved === 0,
      ),
    ).toEqual({ on_hand: 100, reserved: 0 });
  },
);
