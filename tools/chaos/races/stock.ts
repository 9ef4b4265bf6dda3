/** Races for stock: what is promised of it, taken from it and counted. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  attempt,
  attemptInside,
  countOf,
  countsOf,
  goodsOf,
  minute,
  passUntil,
  pay,
  placed,
  provider,
  times,
  until,
  wait,
  type Bench,
  type Race,
} from './bench.js';

const inHour = (bench: Bench): string =>
  new Date(bench.shop.parts.clock().getTime() + 60 * minute).toISOString();

interface Line {
  variantId: string;
  quantity: number;
}

const reserve = (bench: Bench, orderId: string, lines: Line[]) =>
  attemptInside<{ status: string | null }>(
    bench,
    'inventory',
    'reserveStock',
    { orderId, customerId: randomUUID(), holdUntil: inHour(bench), lines },
    'status',
  );
const release = (bench: Bench, orderId: string) =>
  attemptInside(bench, 'inventory', 'releaseStock', { orderId });

const levelOf = async ({ db }: Bench, variantId: string): Promise<unknown> =>
  (await db.query('SELECT on_hand, reserved FROM inventory.stock_level WHERE variant_id = $1', [variantId]))
    .rows[0];

/** Two lines of one article are one wish. */
export const sameArticleTwice: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 10);
  const line = { variantId, quantity: 6 };
  const { given, code } = await reserve(bench, randomUUID(), [line, line]);
  bench.expect('twelve of ten in two lines', code ?? given?.status, 'INSUFFICIENT');
  bench.expect('the level', await levelOf(bench, variantId), { on_hand: 10, reserved: 0 });
};

/** The same order asks again, its lines in another order: the same answer, and nothing more is held. */
export const asksAgain: Race = async (bench) => {
  const { variantIds } = await goodsOf(bench, 10, ['10.00', '20.00', '30.00']);
  const lines = variantIds.map((variantId) => ({ variantId, quantity: 2 }));
  const orderId = randomUUID();
  for (const asked of [lines, [...lines].reverse(), lines]) {
    const { given, code } = await reserve(bench, orderId, asked);
    bench.expect('the same order, again', code ?? given?.status, 'RESERVED');
  }
  bench.expect('the level', await levelOf(bench, variantIds[0] ?? ''), { on_hand: 10, reserved: 2 });
  await release(bench, orderId);
};

interface Decided {
  decisions: { status: string }[];
  capped: string[];
}

/** The database's own decision, as each process' lane asks for it; `maxOpen`: a customer's open orders at most. */
async function decide(
  client: pg.Client,
  orderId: string,
  lines: Line[],
  customerId: string = randomUUID(),
  maxOpen: number | null = null,
): Promise<string> {
  const request = { orderId, customerId, holdUntil: new Date(Date.now() + 60 * minute), lines };
  const { rows } = await client.query<{ result: Decided }>(
    'SELECT reserve_batch($1::jsonb, now(), $2::jsonb) AS result',
    [JSON.stringify([request]), JSON.stringify({ strategy: 'FEWEST_PARCELS', maxOpen })],
  );
  const { decisions, capped } = rows[0]?.result ?? { decisions: [], capped: [] };
  return capped.length > 0 ? 'CAPPED' : (decisions[0]?.status ?? '');
}

async function withLanes(
  bench: Bench,
  count: number,
  work: (lanes: pg.Client[]) => Promise<void>,
): Promise<void> {
  const lanes = Array.from(
    { length: count },
    () => new pg.Client({ connectionString: bench.shop.parts.database.urls.inventory }),
  );
  await Promise.all(lanes.map((lane) => lane.connect()));
  try {
    await work(lanes);
  } finally {
    await Promise.all(lanes.map((lane) => lane.end()));
  }
}

const endOpen = async (bench: Bench, orderIds: readonly string[]): Promise<void> => {
  for (const orderId of orderIds) await release(bench, orderId);
};

/** Many processes decide on the last pieces at once: each answer is a decision, and exactly as many are held as there were. */
export const lanesAtOnce: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  await withLanes(bench, 8, async (lanes) => {
    const orders = lanes.flatMap((lane) => [1, 2, 3].map(() => ({ lane, id: randomUUID() })));
    const answers = await Promise.all(
      orders.map(({ lane, id }) =>
        decide(lane, id, [{ variantId, quantity: 1 }]).catch((error: Error) => error.message),
      ),
    );
    const counts: Record<string, number> = {};
    for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
    bench.expect('24 for five pieces', counts, { OPEN: counts['OPEN'], REFUSED: counts['REFUSED'] });
    bench.expect('held', counts['OPEN'], 5);
    await endOpen(
      bench,
      orders.map(({ id }) => id),
    );
  });
};

/** One customer orders at many processes at once: as many are open as may be. */
export const capAtOnce: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 100);
  const customer = randomUUID();
  await withLanes(bench, 12, async (lanes) => {
    const orders = lanes.map((lane) => ({ lane, id: randomUUID() }));
    const answers = await Promise.all(
      orders.map(({ lane, id }) => decide(lane, id, [{ variantId, quantity: 1 }], customer, 3)),
    );
    bench.expect('open', answers.filter((answer) => answer === 'OPEN').length, 3);
    await endOpen(
      bench,
      orders.map(({ id }) => id),
    );
  });
};

/** An article that is not there, and three pieces of which may wait for it. */
export const backordersAtOnce: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 0);
  await bench.db.query(
    `INSERT INTO inventory.backorder_policy (variant_id, policy, max_waiting, updated_at) VALUES ($1, 'BACKORDER', 3, now())`,
    [variantId],
  );
  await withLanes(bench, 12, async (lanes) => {
    const orders = lanes.map((lane) => ({ lane, id: randomUUID() }));
    const answers = await Promise.all(
      orders.map(({ lane, id }) => decide(lane, id, [{ variantId, quantity: 1 }])),
    );
    bench.expect('that may wait', answers.filter((answer) => answer === 'OPEN').length, 3);
    await endOpen(
      bench,
      orders.map(({ id }) => id),
    );
  });
};

const deadlocks = (bench: Bench): Promise<number> =>
  countOf(bench, 'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');

/** Many processes take many articles at once, each in its own order: nobody waits for each other in a circle. */
export const manyArticlesAtOnce: Race = async (bench) => {
  const { variantIds } = await goodsOf(
    bench,
    10_000,
    Array.from({ length: 12 }, () => '10.00'),
  );
  await withLanes(bench, 6, async (lanes) => {
    const ids: string[] = [];
    let failed = 0;
    await Promise.all(
      lanes.map(async (lane, i) => {
        for (let round = 0; round < 40; round += 1) {
          const lines = variantIds.map((variantId) => ({ variantId, quantity: 1 }));
          const turned = [...lines.slice((i * 2) % 12), ...lines.slice(0, (i * 2) % 12)];
          const id = randomUUID();
          ids.push(id);
          await decide(lane, id, turned).catch(() => (failed += 1));
        }
      }),
    );
    bench.expect('batches that failed', failed, 0);
    await endOpen(bench, ids);
  });
};

/** Goods of many articles come and go at once. */
export const manyMovesAtOnce: Race = async (bench) => {
  const before = await deadlocks(bench);
  const { variantIds, warehouseId } = await goodsOf(
    bench,
    100,
    Array.from({ length: 12 }, () => '10.00'),
  );
  const change = (i: number) =>
    attempt(bench.staff, 'adjustInventoryQuantities', {
      ...{ idempotencyKey: randomUUID(), type: 'ADJUSTMENT', reason: 'Chaos' },
      changes: [...variantIds.slice(i % 12), ...variantIds.slice(0, i % 12)].map((variantId) => ({
        variantId,
        warehouseId,
        delta: 1,
      })),
    });
  const answers = await times(24, change);
  bench.expect('24 changes', countsOf(answers), { DONE: 24 });
  // The figure is written now and then.
  await wait(1_200);
  bench.expect('deadlocks', (await deadlocks(bench)) - before, 0);
};

/** Whoever writes past the rules is stopped by the table itself. */
export const slipOfTheHand: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 3);
  await withLanes(bench, 1, async ([client]) => {
    const slip = client?.query('UPDATE stock_level SET reserved = 4 WHERE variant_id = $1', [variantId]);
    await slip?.then(
      () => bench.say('four of three could be reserved'),
      () => undefined,
    );
  });
};

/** The bank is asked, and the call that was to hold the stock longer was lost: it is held all the same. */
export const holdNotProlonged: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  const order = await placed(bench, [variantId], 2);
  bench.tamper.inventory = (request) =>
    request.query.includes('extendReservation')
      ? { ...request, variables: { input: { orderId: randomUUID(), holdUntil: inHour(bench) } } }
      : request;
  await pay(order, 'pm_sepaDebit');
  delete bench.tamper.inventory;
  const { rows } = await bench.db.query<{ until: Date; intent: string }>(
    `SELECT r.hold_until AS until, p.provider_intent_id AS intent
     FROM inventory.reservation r JOIN payments.payment p USING (order_id) WHERE r.order_id = $1`,
    [order.id],
  );
  const left = (rows[0]?.until.getTime() ?? 0) - bench.shop.parts.clock().getTime();
  await bench.pass(left + minute);
  await wait(1_500);
  bench.expect('the level', await levelOf(bench, variantId), { on_hand: 5, reserved: 2 });
  await provider(bench, 'settle', { payment_intent: rows[0]?.intent, outcome: 'succeeded' });
  const sold = `SELECT count(*) FROM inventory.reservation WHERE order_id = $1 AND status = 'COMMITTED'`;
  await passUntil(bench, 60 * minute, sold, [order.id], 1);
};

/** The same stock is let go by many at once: it is free once. */
export const releasedAtOnce: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 20);
  const [kept, gone] = [randomUUID(), randomUUID()];
  await reserve(bench, kept, [{ variantId, quantity: 12 }]);
  await reserve(bench, gone, [{ variantId, quantity: 1 }]);
  await times(12, () => release(bench, gone));
  bench.expect('the level', await levelOf(bench, variantId), { on_hand: 20, reserved: 12 });
  await release(bench, kept);
};

/** The order was given up before its own request for stock came through. */
export const releasedFirst: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  const orderId = randomUUID();
  await release(bench, orderId);
  const { code } = await reserve(bench, orderId, [{ variantId, quantity: 1 }]);
  bench.expect('a reservation for an order that is over', code, 'RESERVATION_ENDED');
  bench.expect('the level', await levelOf(bench, variantId), { on_hand: 5, reserved: 0 });
};

/** Makes messages of a type come ten minutes later, as a consumer that hangs would have them. */
const delay = (type: string): string => `
  CREATE FUNCTION inventory.chaos_delay() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN NEW.run_at := NEW.run_at + interval '10 minutes'; RETURN NEW; END $$;
  CREATE TRIGGER chaos_delay BEFORE INSERT ON inventory.inbox FOR EACH ROW WHEN (NEW.type = '${type}')
  EXECUTE FUNCTION inventory.chaos_delay()`;
const undelay = 'DROP TRIGGER chaos_delay ON inventory.inbox; DROP FUNCTION inventory.chaos_delay()';

/** The news that it was paid comes after the news that it was cancelled. */
export const paidHeardLate: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  await bench.db.query(delay('OrderPaid'));
  try {
    const order = await placed(bench, [variantId], 2);
    await pay(order);
    await attempt(order.guest, 'cancelOrder', { idempotencyKey: randomUUID(), orderId: order.id });
    await until(
      bench,
      'SELECT sum(reserved) FROM inventory.stock_level WHERE variant_id = $1',
      [variantId],
      0,
    );
    await bench.pass(11 * minute);
    const waiting = `SELECT count(*) FROM inventory.inbox WHERE type = 'OrderPaid' AND done_at IS NULL`;
    await until(bench, waiting, [], 0);
  } finally {
    await bench.db.query(undelay);
  }
  bench.expect('the level', await levelOf(bench, variantId), { on_hand: 5, reserved: 0 });
};

/** Lines are cancelled and the news of it comes twice, as after an acknowledgement that was lost. */
export const heardTwice: Race = async (bench) => {
  const { variantIds } = await goodsOf(bench, 10, ['10.00', '20.00']);
  const order = await placed(bench, variantIds, 3);
  await pay(order);
  const committed = `SELECT count(*) FROM inventory.reservation WHERE order_id = $1 AND status = 'COMMITTED'`;
  await until(bench, committed, [order.id], 1);
  const lines = order.items.slice(0, 1).map(({ id }) => ({ itemId: id, quantity: 1 }));
  await attempt(order.guest, 'cancelOrderLines', { idempotencyKey: randomUUID(), orderId: order.id, lines });
  const due = `SELECT (SELECT count(*) FROM orders.outbox WHERE relayed_at IS NULL)
    + (SELECT count(*) FROM orders.inbox WHERE done_at IS NULL AND run_at <= now())
    + (SELECT count(*) FROM inventory.inbox WHERE done_at IS NULL AND run_at <= now())`;
  await until(bench, due, [], 0);
  for (const schema of ['inventory', 'orders', 'users', 'payments'])
    await bench.db.query(
      `UPDATE ${schema}.inbox SET done_at = NULL, run_at = now() WHERE aggregate_id IN
      (SELECT $1::uuid UNION SELECT id FROM payments.payment WHERE order_id = $1) AND aggregate_type <> 'Timer' AND done_at IS NOT NULL`,
      [order.id],
    );
  await wait(1_500);
  await until(bench, due, [], 0);
};

/** A change of stock is told twice with one key. */
export const changedTwice: Race = async (bench) => {
  const { variantId, warehouseId } = await goodsOf(bench, 5);
  const input = {
    idempotencyKey: randomUUID(),
    type: 'PURCHASE',
    reason: 'Chaos',
    changes: [{ variantId, warehouseId, delta: 7 }],
  };
  const answers = await times(5, () => attempt(bench.staff, 'adjustInventoryQuantities', input));
  bench.expect('five of one key', countsOf(answers), { DONE: 5 });
  bench.expect('the level', await levelOf(bench, variantId), { on_hand: 12, reserved: 0 });
};

/** Ten have counted fifty, at once. */
export const countedAtOnce: Race = async (bench) => {
  const { variantId, warehouseId } = await goodsOf(bench, 0);
  const answers = await times(10, () =>
    attempt(bench.staff, 'setInventoryQuantities', {
      ...{ idempotencyKey: randomUUID(), reason: 'Chaos' },
      quantities: [{ variantId, warehouseId, quantity: 50 }],
    }),
  );
  bench.expect('ten counts', countsOf(answers), { DONE: 10 });
  bench.expect('the level', await levelOf(bench, variantId), { on_hand: 50, reserved: 0 });
};

/** Two have looked at the same figure and write what they think of it. */
export const comparedAndSet: Race = async (bench) => {
  const { variantId, warehouseId } = await goodsOf(bench, 10);
  const answers = await times(6, (i) =>
    attempt(bench.staff, 'setInventoryQuantities', {
      ...{ idempotencyKey: randomUUID(), reason: 'Chaos' },
      quantities: [{ variantId, warehouseId, quantity: 11 + i, expectedQuantity: 10 }],
    }),
  );
  bench.expect('six of one figure', answers.filter(({ code }) => code === null).length, 1);
};

/** All timers go off before their time, as by a clock that was wrong: nobody loses anything. */
export const timersComeEarly: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 10);
  const order = await placed(bench, [variantId], 2);
  for (const schema of ['orders', 'inventory', 'payments'])
    await bench.db.query(
      `UPDATE ${schema}.inbox SET run_at = now() WHERE aggregate_type = 'Timer' AND done_at IS NULL AND aggregate_id = $1`,
      [order.id],
    );
  await wait(2_500);
  const open = `SELECT count(*) FROM orders.orders WHERE id = $1 AND order_state = 'PENDING'`;
  bench.expect('the order is open', await countOf(bench, open, [order.id]), 1);
  bench.expect('the level', await levelOf(bench, variantId), { on_hand: 10, reserved: 2 });
  const { given } = await pay(order);
  bench.expect('it can be paid', given?.order?.status, 'PAID');
};
