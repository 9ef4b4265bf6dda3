/** Every question of the ledger finds the fault that it is for: each is planted in a transaction, asked, and undone. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type Stripe from 'stripe';
import { createGoods, createTerms, fillCart, mutate, signInGuest, signInStaff } from '../testkit/goods.js';
import { askAtRest, askLedger, questions } from '../testkit/ledger.js';
import { askProvider } from '../testkit/provider-ledger.js';
import { startTestShop, type TestShop } from '../testkit/shop.js';

let shop: TestShop;
let client: pg.Client;
/** Orders of one history: paid, paid and cancelled, waiting. */
const orders = { paid: '', cancelled: '', open: '' };
const now = (): Date => new Date(Date.now() + 1_000);

beforeAll(async () => {
  shop = await startTestShop();
  const staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 9 });
  await mutate(
    staff,
    'createPromotion',
    { idempotencyKey: randomUUID(), code: 'ONEOFF', name: 'One off', kind: 'FIXED', amount: '1.00' },
    '',
  );
  for (const name of ['paid', 'cancelled', 'open'] as const) {
    const guest = await signInGuest(shop);
    await fillCart(guest, [{ variantId: variantIds[0] ?? '', quantity: 1 }]);
    const { cart } = await mutate<{ cart: { version: number } }>(
      guest,
      'applyPromotionCode',
      { code: 'ONEOFF' },
      'cart { version }',
    );
    const { order } = await mutate<{ order: { id: string } }>(
      guest,
      'placeOrder',
      { idempotencyKey: randomUUID(), expectedVersion: cart.version },
      'order { id }',
    );
    orders[name] = order.id;
    if (name === 'open') continue;
    await mutate(
      guest,
      'payOrder',
      { idempotencyKey: randomUUID(), orderId: order.id, paymentMethodId: 'pm_card_visa' },
      '',
    );
    if (name === 'cancelled')
      await mutate(guest, 'cancelOrder', { idempotencyKey: randomUUID(), orderId: order.id }, '');
  }
  client = new pg.Client({ connectionString: shop.parts.database.adminUrl });
  await client.connect();
  expect(await askAtRest(client, 20_000, now)).toEqual([]);
  // Nothing mends what is planted, nor waits for its locks.
  await shop.stop();
});
afterAll(async () => {
  await client.end();
  await shop.close();
});

/** Runs `work` on planted faults and undoes them; triggers and foreign keys look away. */
async function planted<T>(statements: string, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN; SET LOCAL session_replication_role = replica');
  try {
    for (const [name, id] of Object.entries(orders))
      statements = statements.replaceAll(`:${name}`, `'${id}'`);
    await client.query(statements);
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

/** The fault that each question is for. */
const faults: Record<string, string[]> = {
  'on hand is the sum of the transactions': ['UPDATE inventory.stock_level SET on_hand = on_hand + 1'],
  'reserved is the sum of the open reservations': [
    'UPDATE inventory.stock_level SET reserved = reserved + 1',
  ],
  'what was sold to an order is what its committed reservation says': [
    `UPDATE inventory.inventory_transaction SET quantity = -2 WHERE reference = :paid::text`,
    `DELETE FROM inventory.inventory_transaction WHERE reference = :cancelled::text AND type = 'RETURN'`,
  ],
  'a paid order has exactly its articles committed': [
    `UPDATE inventory.reservation SET status = 'RELEASED' WHERE order_id = :paid`,
    `UPDATE inventory.reservation SET status = 'COMMITTED' WHERE order_id = :cancelled`,
  ],
  'an open reservation is for an order that waits for its payment, or not over yet': [
    `UPDATE inventory.reservation SET status = 'OPEN' WHERE order_id = :paid`,
    `UPDATE inventory.reservation SET hold_until = now() - interval '1 hour' WHERE order_id = :open`,
  ],
  'what an order counts as paid is what its payments took, in its currency': [
    `UPDATE payments.payment SET captured_amount = captured_amount + 1 WHERE order_id = :paid`,
    `UPDATE payments.payment SET currency_code = 'USD' WHERE order_id = :paid`,
    `DELETE FROM payments.payment WHERE order_id = :paid`,
  ],
  'a paid order has been paid what it costs, and what was too much goes back': [
    `UPDATE orders.orders SET paid_amount = paid_amount - 1 WHERE id = :paid`,
  ],
  'no order keeps the money of two payments': [
    `INSERT INTO payments.payment SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(),
       'attempt_key', 'again', 'holds_order', false, 'provider_intent_id', 'pi_again'))).*
     FROM payments.payment p WHERE order_id = :paid`,
  ],
  'a successful payment belongs to an order that is paid or gave it back': [
    `UPDATE payments.payment SET order_id = :open WHERE order_id = :paid`,
    `UPDATE orders.orders SET payment_state = 'FAILED' WHERE id = :paid`,
  ],
  'a cancelled order gives back all that was paid': [
    `UPDATE orders.order_refund SET amount = amount - 1 WHERE order_id = :cancelled`,
    `UPDATE orders.orders SET order_state = 'CANCELLED' WHERE id = :paid`,
  ],
  'orders and payments agree on every refund': [
    `DELETE FROM payments.refund WHERE order_id = :cancelled`,
    `DELETE FROM orders.order_refund WHERE order_id = :cancelled`,
    `UPDATE payments.refund SET amount = amount - 1 WHERE order_id = :cancelled`,
    `UPDATE orders.order_refund SET status = 'FAILED' WHERE order_id = :cancelled`,
  ],
  'what an order counts as given back is the sum of its refunds, at payments too': [
    `UPDATE orders.orders SET refunded_amount = refunded_amount - 1 WHERE id = :cancelled`,
    `UPDATE payments.payment SET status = 'SUCCEEDED', refunded_amount = 0 WHERE order_id = :cancelled`,
  ],
  'a promotion was used as often as orders say that count': [
    `UPDATE orders.promotion SET redeemed_count = redeemed_count + 1`,
    `UPDATE orders.orders SET order_state = 'CANCELLED' WHERE id = :open`,
  ],
  'a key that says an order was placed has that order, and every order such a key': [
    `DELETE FROM orders.orders WHERE id = :open`,
    `DELETE FROM orders.idempotency_key WHERE outcome->>'orderId' = :open::text`,
  ],
  'an order that waits for its payment has a timer': [
    `DELETE FROM orders.inbox WHERE type = 'OrderPaymentDue' AND aggregate_id = :open`,
    `UPDATE orders.inbox SET done_at = now() WHERE type = 'OrderPaymentDue' AND aggregate_id = :open`,
  ],
  'a refund that is asked for has a timer': [
    `UPDATE orders.order_refund SET status = 'REQUESTED' WHERE order_id = :cancelled;
     UPDATE orders.inbox SET done_at = now() WHERE type = 'RefundDue'`,
  ],
  'a payment that may still take money has a timer': [
    `UPDATE payments.payment SET status = 'PENDING', captured_amount = 0, holds_order = true WHERE order_id = :paid`,
  ],
  'a refund that the provider works on has a timer': [
    `UPDATE payments.refund SET status = 'PENDING' WHERE order_id = :cancelled`,
  ],
  'an open reservation has a timer': [
    `DELETE FROM inventory.inbox WHERE type = 'ReservationExpiry' AND aggregate_id = :open`,
  ],
  'every event was relayed': [
    `UPDATE orders.outbox SET relayed_at = NULL WHERE aggregate_id = :paid`,
    `UPDATE payments.outbox SET relayed_at = NULL`,
  ],
  'every event reached every consumer that subscribed to its type': [
    `DELETE FROM inventory.inbox WHERE type = 'OrderPaid' AND aggregate_id = :cancelled`,
  ],
  'every message that is due is done or dead': [
    `UPDATE inventory.inbox SET done_at = NULL WHERE type = 'OrderPaid' AND aggregate_id = :paid`,
    `UPDATE orders.inbox SET last_error = 'buried without a letter' WHERE done_at IS NOT NULL`,
  ],
};

test('every question has a fault', () => {
  expect(Object.keys(faults).sort()).toEqual(questions.map(({ name }) => name).sort());
});

describe.each(Object.entries(faults))('%s', (name, ways) => {
  test.each(ways)('finds: %s', async (statements) => {
    const found = await planted(statements, () => askLedger(client, now()));
    expect(found.map(({ question }) => question)).toContain(name);
  });
});

test('a message that is dead is nothing to complain about, it has its own list', async () => {
  const dead = `
    INSERT INTO inventory.dead_letter (consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq,
      correlation_id, occurred_at, payload, attempts, last_error, died_at)
    SELECT consumer, event_id, type, version, aggregate_type, aggregate_id, aggregate_seq, correlation_id, occurred_at,
      payload, 12, 'broken', now() FROM inventory.inbox WHERE type = 'OrderPaid' AND aggregate_id = :paid;
    UPDATE inventory.inbox SET last_error = 'broken' WHERE type = 'OrderPaid' AND aggregate_id = :paid`;
  expect(await planted(dead, () => askLedger(client, now()))).toEqual([]);
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
    expect(intents).toHaveLength(2);
    expect(refunds).toHaveLength(1);
    expect(await ask(intents)).toEqual([]);
  });
  test('a second charge for one order is found', async () => {
    const [first] = intents;
    expect(await ask([...intents, { ...first, id: 'pi_second' }])).toEqual([
      'an order has one succeeded intent at most',
      'a succeeded intent is a payment of its order that took as much',
      'all orders together were paid what all intents took',
    ]);
  });
  test('a payment without its intent, and one that is still open, are found', async () => {
    const [first] = intents;
    expect(await ask(intents.slice(1))).toEqual([
      'a payment that took money has a succeeded intent',
      'all orders together were paid what all intents took',
    ]);
    const open = { ...first, id: 'pi_open', status: 'requires_action', amount_received: 0 };
    expect(await ask([...intents, open])).toEqual(['an intent that may still take money holds its order']);
  });
  test('money that the provider gave back once more is found', async () => {
    const [refund] = refunds;
    expect(await ask(intents, [...refunds, { ...refund }])).toEqual([
      'what was given back is what the provider gave back',
    ]);
  });
});
