/** Every question of the ledger finds the fault that it is for: each is planted in a transaction, asked, and undone. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type Stripe from 'stripe';
import { subgraphNames } from '../../subgraphs/list.js';
import { ask } from '../../tools/verify/ask.js';
import { questions } from '../../tools/verify/questions/list.js';
import { faults } from '../../tools/verify/tests/faults.js';
import {
  createGoods,
  createTerms,
  fillCart,
  mutate,
  signIn,
  signInGuest,
  signInStaff,
} from '../testkit/goods.js';
import type { Client } from '../testkit/client.js';
import { askAtRest } from '../testkit/ledger.js';
import { askProvider } from '../testkit/provider-ledger.js';
import { startTestShop, type TestShop } from '../testkit/shop.js';

let shop: TestShop;
let client: pg.Client;
/** Orders and persons of one history: see faults.ts. */
const ids = { paid: '', cancelled: '', open: '', gone: '', staff: '' };
const now = (): Date => new Date(Date.now() + 1_000);
const key = randomUUID;
let variantId: string;
let rest: Date;

/** Places an order that uses the promotion. */
async function place(customer: Client): Promise<string> {
  await fillCart(customer, [{ variantId, quantity: 1 }]);
  const { cart } = await mutate<{ cart: { version: number } }>(
    customer,
    'applyPromotionCode',
    { code: 'ONEOFF' },
    'cart { version }',
  );
  const input = { idempotencyKey: key(), expectedVersion: cart.version };
  const { order } = await mutate<{ order: { id: string } }>(customer, 'placeOrder', input, 'order { id }');
  return order.id;
}

const pay = (customer: Client, orderId: string): Promise<unknown> =>
  mutate(customer, 'payOrder', { idempotencyKey: key(), orderId, paymentMethodId: 'pm_card_visa' }, '');

/** A customer who buys, says what they think of it, and deletes their account. */
async function buyAndLeave(productId: string): Promise<string> {
  const [name, password] = [`c${key().slice(0, 8)}`, 'correct horse battery staple'];
  const email = `${name}@example.com`;
  await mutate(
    shop.visitor(),
    'register',
    { idempotencyKey: key(), email, username: name, password, firstName: 'Anna', lastName: 'Kr' },
    '',
  );
  const customer = await signIn(shop, email, password);
  const { me } = await customer.data<{ me: { id: string } }>('{ me { id } }');
  await pay(customer, await place(customer));
  await mutate(customer, 'addReview', { idempotencyKey: key(), productId, rating: 4, body: 'Bright.' }, '');
  const seen = { id: key(), type: 'SEARCH', query: 'lamp', occurredAt: new Date().toISOString() };
  await mutate(customer, 'trackEvents', { events: [seen] }, '');
  expect(await askAtRest(client, now)).toEqual([]);
  await mutate(customer, 'deleteMyAccount', { password }, '');
  return me.id;
}

/** After all that happened, and before the first timer that nobody handles any more: one may come due while the shop stops. */
async function momentOfRest(): Promise<Date> {
  const waiting = subgraphNames.map((name) => `SELECT run_at FROM ${name}.inbox WHERE done_at IS NULL`);
  const { rows } = await client.query<{ next: Date | null }>(
    `SELECT min(run_at) AS next FROM (${waiting.join(' UNION ALL ')}) i`,
  );
  const next = rows[0]?.next?.getTime() ?? Infinity;
  return new Date(Math.min(Date.now(), next - 1));
}

beforeAll(async () => {
  shop = await startTestShop();
  client = new pg.Client({ connectionString: shop.parts.database.adminUrl });
  await client.connect();
  const staff = await signInStaff(shop, 'ADMIN');
  ids.staff = (await staff.data<{ me: { id: string } }>('{ me { id } }')).me.id;
  await createTerms(staff);
  const goods = await createGoods(staff, { prices: ['10.00'], stock: 9 });
  variantId = goods.variantIds[0] ?? '';
  const promotion = { code: 'ONEOFF', name: 'One off', kind: 'FIXED', amount: '1.00' };
  await mutate(staff, 'createPromotion', { idempotencyKey: key(), ...promotion }, '');
  for (const name of ['paid', 'cancelled', 'open'] as const) {
    const guest = await signInGuest(shop);
    ids[name] = await place(guest);
    if (name !== 'open') await pay(guest, ids[name]);
    if (name !== 'cancelled') continue;
    // Its goods are to be sold before they come back: a cancellation that overtakes the sale leaves no return in the ledger.
    expect(await askAtRest(client, now)).toEqual([]);
    await mutate(guest, 'cancelOrder', { idempotencyKey: key(), orderId: ids[name] }, '');
  }
  ids.gone = await buyAndLeave(goods.productId);
  expect(await askAtRest(client, now)).toEqual([]);
  // Nothing mends what is planted, nor waits for its locks.
  await shop.stop();
  rest = await momentOfRest();
  expect(await found()).toEqual([]);
}, 300_000);
afterAll(async () => {
  await client.end();
  await shop.close();
});

/** Runs `work` on planted faults and undoes them; triggers and foreign keys look away. */
async function planted<T>(statements: string, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN; SET LOCAL session_replication_role = replica');
  try {
    for (const [name, id] of Object.entries(ids)) statements = statements.replaceAll(`:${name}`, `'${id}'`);
    await client.query(statements);
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

/** The questions that find something, asked of the moment at which the shop was stopped: what came due since is not late. */
const found = async (at: Date = rest): Promise<string[]> => {
  const answers = await ask(client, questions, { at, rows: 20 });
  return answers.flatMap(({ name, violations }) => (violations > 0 ? [name] : []));
};

test('every question has a fault, and a name of its own', () => {
  expect(Object.keys(faults).sort()).toEqual(questions.map(({ name }) => name).sort());
  expect(new Set(questions.map(({ name }) => name)).size).toBe(questions.length);
});

describe.each(Object.entries(faults))('%s', (name, ways) => {
  test.each(ways)('finds: %s', async (statements) => {
    expect(await planted(statements, () => found())).toContain(name);
  });
});

test('a message that is dead is nothing to complain about, it has its own list', async () => {
  const dead = `
    INSERT INTO inventory.dead_letter (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
      correlation_id, occurred_at, payload, attempts, last_error, died_at)
    SELECT consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq, correlation_id, occurred_at,
      payload, 12, 'broken', now() FROM inventory.inbox WHERE type = 'OrderPaid' AND aggregate_id = :paid;
    UPDATE inventory.inbox SET last_error = 'broken' WHERE type = 'OrderPaid' AND aggregate_id = :paid`;
  expect(await planted(dead, () => found())).toEqual([]);
});

test('what moved within the grace is work in flight, and a violation when the grace is over', async () => {
  const { moved } = (
    await client.query<{ moved: Date }>(
      'SELECT greatest(o.updated_at, p.updated_at) AS moved FROM orders.orders o JOIN payments.payment p ON p.order_id = o.id WHERE o.id = $1',
      [ids.paid],
    )
  ).rows[0] ?? { moved: new Date(0) };
  const only = questions.filter(({ name }) => name === 'money.paid');
  const countsAt = (at: Date) =>
    planted(
      'UPDATE payments.payment SET captured_amount = captured_amount + 1 WHERE order_id = :paid',
      async () =>
        (await ask(client, only, { at, rows: 20 })).map(({ violations, inFlight, rows }) => [
          violations,
          inFlight,
          rows.length,
        ]),
    );
  expect(await countsAt(new Date(moved.getTime() - 1))).toEqual([[0, 1, 0]]);
  expect(await countsAt(new Date(moved.getTime() + 1))).toEqual([[1, 0, 1]]);
});

test('of many violations the first rows are shown and all are counted', async () => {
  const only = questions.filter(({ name }) => name === 'money.noted');
  const [answer] = await planted('UPDATE orders.orders SET paid_amount = paid_amount + 1', () =>
    ask(client, only, { at: rest, rows: 2 }),
  );
  expect(answer).toMatchObject({ looked: 4, violations: 4, inFlight: 0 });
  expect(answer?.rows).toHaveLength(2);
});

/** What of Stripe's client the questions use, with lists of our own. */
function provider(intents: object[], refunds: object[]): Stripe {
  const list = (rows: object[]) => ({
    list: async function* () {
      yield* rows;
    },
  });
  return { paymentIntents: list(intents), refunds: list(refunds) } as unknown as Stripe;
}

describe('at the provider', () => {
  interface Intent {
    id: string;
    status: string;
    amount_received: number;
    metadata: { order_id: string };
  }
  let intents: Intent[];
  let refunds: { payment_intent: string; status: string; amount: number }[];
  beforeAll(async () => {
    const { rows } = await client.query<{ id: string; order_id: string; taken: number; refunded: number }>(
      `SELECT provider_intent_id AS id, order_id, captured_amount::int AS taken, refunded_amount::int AS refunded
       FROM payments.payment ORDER BY refunded_amount`,
    );
    intents = rows.map(({ id, order_id, taken }) => ({
      ...{ id, status: 'succeeded', amount_received: taken, metadata: { order_id } },
    }));
    refunds = rows
      .filter(({ refunded }) => refunded > 0)
      .map(({ id, refunded }) => ({ payment_intent: id, status: 'succeeded', amount: refunded }));
  });
  const ask = async (ofIntents: object[], ofRefunds: object[] = refunds): Promise<string[]> =>
    (await askProvider(client, provider(ofIntents, ofRefunds))).map(({ question }) => question);

  test('both sides agree on what really happened', async () => {
    expect(intents).toHaveLength(3);
    expect(refunds).toHaveLength(1);
    expect(await ask(intents)).toEqual([]);
  });
  test('a second charge for one order is found', async () => {
    const [first] = intents;
    expect(await ask([...intents, { ...first, id: 'pi_second' }])).toEqual([
      'provider.once',
      'provider.noted',
    ]);
  });
  test('a payment without its intent, and one that is still open, are found', async () => {
    const [first] = intents;
    expect(await ask(intents.slice(1))).toEqual(['provider.taken']);
    const open = { ...first, id: 'pi_open', status: 'requires_action', amount_received: 0 };
    expect(await ask([...intents, open])).toEqual(['provider.open']);
  });
  test('money that the provider gave back once more is found', async () => {
    const [refund] = refunds;
    expect(await ask(intents, [...refunds, { ...refund }])).toEqual(['provider.refunded']);
  });
});
