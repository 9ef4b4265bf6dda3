/** Races for money: what is taken, once, and what goes back. */
import { createHmac, randomUUID } from 'node:crypto';
import { anotherAddress } from '../../../tests/testkit/goods.js';
import {
  attempt,
  attemptInside,
  countOf,
  countsOf,
  filled,
  goodsOf,
  minute,
  mostOfAddress,
  passUntil,
  pay,
  place,
  placed,
  provider,
  times,
  until,
  wait,
  type Bench,
  type Placed,
  type Race,
} from './bench.js';

const stateOf = async ({ db }: Bench, id: string): Promise<string> =>
  (
    await db.query<{ state: string }>(
      `SELECT order_state || ' ' || payment_state AS state FROM orders.orders WHERE id = $1`,
      [id],
    )
  ).rows[0]?.state ?? '';

const isState = (state: string): string =>
  `SELECT count(*) FROM orders.orders WHERE id = $1 AND order_state || ' ' || payment_state = '${state}'`;

const charges = async ({ stripe }: Bench, orderId: string): Promise<number> => {
  const { data } = await stripe.paymentIntents.list({ limit: 100 });
  return data.filter((intent) => intent.metadata['order_id'] === orderId && intent.status === 'succeeded')
    .length;
};

/** Two windows pay the same order at once, each as an intent of its own. */
export const paidInTwoWindows: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  const answers = await times(4, () => pay(order));
  await until(bench, isState('CONFIRMED PAID'), [order.id], 1);
  bench.expect('charges', await charges(bench, order.id), 1);
  for (const { code } of answers)
    if (![null, 'PAYMENT_IN_PROGRESS', 'ALREADY_PAID', 'TRY_AGAIN'].includes(code))
      bench.say(`payOrder: ${code}`);
};

/** One intent to pay, sent five times at once. */
export const paidOften: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  const key = randomUUID();
  const answers = await times(5, () => pay(order, 'pm_card_visa', key));
  bench.expect('five of one key', countsOf(answers), { DONE: 5 });
  bench.expect('charges', await charges(bench, order.id), 1);
  const told = `SELECT count(*) FROM payments.outbox WHERE type = 'PaymentProcessed' AND payload->>'orderId' = $1`;
  bench.expect('news of the payment', await countOf(bench, told, [order.id]), 1);
};

/** The provider takes the money and its answer is lost, again and again. */
export const answersLost: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  await provider(bench, 'chaos', { loseAnswerRate: 1, dropRate: 1 });
  try {
    await pay(order);
  } finally {
    await provider(bench, 'chaos', {});
  }
  await passUntil(bench, 3 * minute, isState('CONFIRMED PAID'), [order.id], 1);
  bench.expect('the order', await stateOf(bench, order.id), 'CONFIRMED PAID');
  bench.expect('charges', await charges(bench, order.id), 1);
};

/** The same for money that goes back. */
export const refundAnswersLost: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId], 2);
  await pay(order);
  await provider(bench, 'chaos', { loseAnswerRate: 1, dropRate: 1 });
  try {
    const input = { idempotencyKey: randomUUID(), orderId: order.id, amount: '5.00' };
    await attempt(bench.staff, 'refundOrder', input, 'order { id }');
  } finally {
    await provider(bench, 'chaos', {});
  }
  const done = `SELECT count(*) FROM payments.refund WHERE order_id = $1 AND status = 'SUCCEEDED'`;
  for (let i = 0; i < 6 && (await countOf(bench, done, [order.id])) === 0; i += 1)
    await bench.pass(3 * minute);
  bench.expect('refunds', await countOf(bench, done, [order.id]), 1);
};

/** The database refuses the payment's row once: nothing may have been taken by then. */
export const rowRefused: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  await bench.db.query(`
    CREATE FUNCTION payments.chaos_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the disk is full'; END $$;
    CREATE TRIGGER chaos_refuse BEFORE INSERT ON payments.payment FOR EACH ROW EXECUTE FUNCTION payments.chaos_refuse()`);
  try {
    await pay(order);
  } finally {
    await bench.db.query(
      'DROP TRIGGER chaos_refuse ON payments.payment; DROP FUNCTION payments.chaos_refuse()',
    );
  }
  bench.expect('charges', await charges(bench, order.id), 0);
  await attempt(order.guest, 'cancelOrder', { idempotencyKey: randomUUID(), orderId: order.id });
};

/** The bank takes longer than an order is held at all: what comes then goes back. */
export const bankTakesLong: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  const order = await placed(bench, [variantId], 2);
  await pay(order, 'pm_sepaDebit');
  // Longer than anything is waited for.
  await passUntil(bench, 3 * 1_440 * minute, isState('CANCELLED NONE'), [order.id], 1, 40_000);
  const { rows } = await bench.db.query<{ intent: string }>(
    'SELECT provider_intent_id AS intent FROM payments.payment WHERE order_id = $1',
    [order.id],
  );
  bench.expect('the order that nobody waits for any more', await stateOf(bench, order.id), 'CANCELLED NONE');
  await provider(bench, 'settle', { payment_intent: rows[0]?.intent, outcome: 'succeeded' });
  const end = 'CANCELLED REFUNDED';
  await passUntil(bench, 60 * minute, isState(end), [order.id], 1);
  bench.expect('the order', await stateOf(bench, order.id), end);
};

/** The bank takes longer than the order has: it is waited for, and its stock stays. */
export const bankTakesAnHour: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  const order = await placed(bench, [variantId], 2);
  await pay(order, 'pm_sepaDebit');
  const held = `SELECT reserved FROM inventory.stock_level WHERE variant_id = $1`;
  const { rows } = await bench.db.query<{ due: Date; intent: string }>(
    `SELECT o.payment_due_at AS due, p.provider_intent_id AS intent FROM orders.orders o JOIN payments.payment p ON p.order_id = o.id WHERE o.id = $1`,
    [order.id],
  );
  const left = (rows[0]?.due.getTime() ?? 0) - bench.shop.parts.clock().getTime();
  await bench.pass(left + 6 * minute);
  await wait(1_500);
  bench.expect('the order', await stateOf(bench, order.id), 'PENDING NONE');
  bench.expect('held', await countOf(bench, held, [variantId]), 2);
  await provider(bench, 'settle', { payment_intent: rows[0]?.intent, outcome: 'succeeded' });
  await passUntil(bench, 60 * minute, isState('CONFIRMED PAID'), [order.id], 1);
  bench.expect('the order', await stateOf(bench, order.id), 'CONFIRMED PAID');
};

/** Whoever cancels while the bank is asked is not told that it is done. */
export const cancelledAtTheBank: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 5);
  const order = await placed(bench, [variantId], 1);
  await pay(order, 'pm_sepaDebit');
  const input = { idempotencyKey: randomUUID(), orderId: order.id };
  bench.expect(
    'a cancellation',
    (await attempt(order.guest, 'cancelOrder', input)).code,
    'PAYMENT_IN_PROGRESS',
  );
  const { rows } = await bench.db.query<{ intent: string }>(
    'SELECT provider_intent_id AS intent FROM payments.payment WHERE order_id = $1',
    [order.id],
  );
  await provider(bench, 'settle', { payment_intent: rows[0]?.intent, outcome: 'failed' });
  await bench.pass(10 * minute);
  bench.expect('the cancellation, again', (await attempt(order.guest, 'cancelOrder', input)).code, null);
};

/** Payments is asked for a cent less than the order costs. */
export const aCentLess: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  bench.tamper.payments = (request) => {
    const { input } = (request.variables ?? {}) as { input?: { amount?: { amount: string } } };
    if (!request.query.includes('createPayment') || !input?.amount) return request;
    const amount = { ...input.amount, amount: (Number(input.amount.amount) - 0.01).toFixed(2) };
    return { ...request, variables: { input: { ...input, amount } } };
  };
  await pay(order);
  delete bench.tamper.payments;
  const back = `SELECT count(*) FROM payments.refund WHERE order_id = $1 AND status = 'SUCCEEDED'`;
  await until(bench, back, [order.id], 1, 5_000);
  const state = await stateOf(bench, order.id);
  if (state.includes('CONFIRMED')) bench.say(`An order that was paid a cent short is ${state}`);
};

/** Somebody leaves the bank's page and pays with another card. */
export const leavesTheBank: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  await pay(order, 'pm_card_threeDSecure2Required');
  const { given, code } = await pay(order);
  bench.expect('the other card', code ?? given?.order?.status, 'PAID');
  bench.expect('charges', await charges(bench, order.id), 1);
};

/** At the bank's page: whatever happens to the customer, somebody will look. */
export const atTheBank: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  await pay(order, 'pm_card_threeDSecure2Required');
  // The first look is over, and the next one is to come.
  await bench.pass(2 * minute);
  await wait(1_000);
};

/** Six give back more than there is, in parts, past orders: payments itself counts. */
export const refundedByMany: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId], 2);
  await pay(order);
  const refund = (amount: string, refundId: string = randomUUID()) =>
    attemptInside(bench, 'payments', 'refundPayment', {
      orderId: order.id,
      refundId,
      amount: { amount, currencyCode: 'EUR' },
      reason: 'CHAOS',
    });
  const answers = await times(6, () => refund('8.00'));
  bench.expect('six times eight of 24.90', countsOf(answers), { DONE: 3, REFUND_EXCEEDS_CAPTURED: 3 });
};

/** One refund is asked for six times at once. */
export const refundedOften: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId], 2);
  await pay(order);
  const input = {
    orderId: order.id,
    refundId: randomUUID(),
    amount: { amount: '8.00', currencyCode: 'EUR' },
    reason: 'CHAOS',
  };
  const answers = await times(6, () => attemptInside(bench, 'payments', 'refundPayment', input));
  bench.expect('six of one refund', countsOf(answers), { DONE: 6 });
  const given = 'SELECT refunded_amount FROM payments.payment WHERE order_id = $1';
  bench.expect('given back', await countOf(bench, given, [order.id]), 800);
};

/** The bank works on a refund for a while, and nobody tells of its end. */
export const refundTakesLong: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  await pay(order, 'pm_card_pendingRefund');
  await provider(bench, 'chaos', { dropRate: 1 });
  try {
    await attempt(order.guest, 'cancelOrder', { idempotencyKey: randomUUID(), orderId: order.id });
    await wait(2_000);
  } finally {
    await provider(bench, 'chaos', {});
  }
  const done = `SELECT count(*) FROM payments.refund WHERE order_id = $1 AND status = 'SUCCEEDED'`;
  await passUntil(bench, 3 * minute, done, [order.id], 1);
  bench.expect('refunds that are done', await countOf(bench, done, [order.id]), 1);
};

const webhook = (bench: Bench, body: string, headers: Record<string, string>): Promise<number> =>
  fetch(bench.shop.subgraphs.payments.webhookUrl ?? '', { method: 'POST', body, headers }).then(
    ({ status }) => status,
  );

const signed = (body: string, at: Date, secret = 'whsec_test'): Record<string, string> => {
  const t = Math.floor(at.getTime() / 1_000);
  return {
    'stripe-signature': `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`,
  };
};

const eventText = (intentId: string): string =>
  JSON.stringify({
    ...{ id: `evt_${randomUUID().replaceAll('-', '')}`, object: 'event', type: 'payment_intent.succeeded' },
    ...{ created: 1, data: { object: { id: intentId, object: 'payment_intent' } } },
  });

/** Webhooks that the provider has not signed, or not now. */
export const forgedWebhooks: Race = async (bench) => {
  const now = bench.shop.parts.clock();
  const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);
  const body = eventText('pi_forged');
  const forged: [string, Record<string, string>][] = [
    [body, {}],
    [body, signed(body, now, 'whsec_other')],
    [`${body} `, signed(body, now)],
    [body, signed(body, at(-400))],
    [body, signed(body, at(400))],
  ];
  for (const [i, [text, headers]] of forged.entries())
    bench.expect(`forgery ${i + 1}`, await webhook(bench, text, headers), 400);
};

/** The provider tells each thing five times. */
export const toldFiveTimes: Race = async (bench) => {
  const { variantId } = await goodsOf(bench);
  const order = await placed(bench, [variantId]);
  await pay(order);
  const { rows } = await bench.db.query<{ intent: string }>(
    'SELECT provider_intent_id AS intent FROM payments.payment WHERE order_id = $1',
    [order.id],
  );
  const body = eventText(rows[0]?.intent ?? '');
  const answers = await times(5, () => webhook(bench, body, signed(body, bench.shop.parts.clock())));
  bench.expect('five of one event', answers, [200, 200, 200, 200, 200]);
  const work = `SELECT count(*) FROM payments.inbox WHERE type = 'ProviderEvent' AND aggregate_id NOT IN
    (SELECT id FROM payments.webhook_event)`;
  bench.expect('work of an event that was known', await countOf(bench, work), 0);
};

/** Twelve orders to one address, paid at once: as many begin as may. */
export const oneAddress: Race = async (bench) => {
  const { variantId } = await goodsOf(bench, 20);
  const shippingAddress = anotherAddress();
  const orders: Placed[] = [];
  for (let i = 0; i < 2 * mostOfAddress; i += 1) {
    const { guest } = await filled(bench, [variantId]);
    const delivered = await attempt<{ cart: { version: number } }>(
      guest,
      'setCartDelivery',
      { shippingAddress },
      'cart { version }',
    );
    const { given, code } = await place(guest, delivered.given?.cart.version ?? 0);
    if (given?.order) orders.push({ ...given.order, guest });
    else bench.say(`placeOrder: ${code}`);
  }
  const answers = await Promise.all(orders.map((order) => pay(order)));
  bench.expect('twelve of an address', countsOf(answers), {
    DONE: mostOfAddress,
    PAYMENT_DECLINED: mostOfAddress,
  });
};
