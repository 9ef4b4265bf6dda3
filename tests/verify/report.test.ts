/** What `npm run verify` prints of a shop that sells, and of faults that somebody planted in it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import Stripe from 'stripe';
import { providerQuestions } from '../../tools/verify/provider.js';
import { questions } from '../../tools/verify/questions/list.js';
import { createGoods, createTerms, fillCart, mutate, signInGuest, signInStaff } from '../testkit/goods.js';
import { askAtRest } from '../testkit/ledger.js';
import { startTestShop, type TestShop } from '../testkit/shop.js';
import { figuresOf, verify, type Outcome } from './command.js';

let shop: TestShop;
let admin: pg.Client;
let variantId: string;
let orderId: string;

beforeAll(async () => {
  shop = await startTestShop();
  admin = new pg.Client({ connectionString: shop.parts.database.adminUrl });
  await admin.connect();
  const staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  const goods = await createGoods(staff, { prices: ['10.00'], stock: 9 });
  variantId = goods.variantIds[0] ?? '';
  const guest = await signInGuest(shop);
  const { version } = await fillCart(guest, [{ variantId, quantity: 2 }]);
  const { order } = await mutate<{ order: { id: string } }>(
    guest,
    'placeOrder',
    { idempotencyKey: randomUUID(), expectedVersion: version },
    'order { id }',
  );
  orderId = order.id;
  const payment = { idempotencyKey: randomUUID(), orderId, paymentMethodId: 'pm_card_visa' };
  await mutate(guest, 'payOrder', payment, '');
  expect(await askAtRest(admin)).toEqual([]);
});
afterAll(async () => {
  await admin.end();
  await shop.close();
});

/** Asks of the shop's database as the reading role. */
const ask = (parameters: string[], env: Record<string, string> = {}): Promise<Outcome> =>
  verify(parameters, { VERIFY_DATABASE_URL: shop.parts.database.urls.verify, ...env });

/** Nine came in and two went out: on hand is seven, and here somebody wrote another figure. */
async function withMoreOnHand<T>(work: () => Promise<T>): Promise<T> {
  const change = (by: number): Promise<unknown> =>
    admin.query('UPDATE inventory.stock_level SET on_hand = on_hand + $1 WHERE variant_id = $2', [
      by,
      variantId,
    ]);
  await change(5);
  try {
    return await work();
  } finally {
    await change(-5);
  }
}

test('of a shop in order every question is in the table with what it looked at, and all hold', async () => {
  const { code, stdout, stderr } = await ask([]);
  expect([code, stderr]).toEqual([0, '']);
  const { username, pathname, host } = new URL(shop.parts.database.urls.verify);
  expect(stdout.split('\n')[0]).toMatch(
    new RegExp(`^${pathname.slice(1)} on ${host} as ${username}, \\S+Z, grace 60 s$`),
  );
  for (const { name } of questions) expect([name, figuresOf(stdout, name)[1]]).toEqual([name, 0]);
  expect(figuresOf(stdout, 'stock.on-hand')).toEqual([1, 0, 0]);
  expect(figuresOf(stdout, 'money.paid')).toEqual([1, 0, 0]);
  expect(figuresOf(stdout, 'orders.sums')).toEqual([1, 0, 0]);
  expect(figuresOf(stdout, 'persons.sealed')[0]).toBeGreaterThan(0);
  expect(figuresOf(stdout, 'events.delivered')[0]).toBeGreaterThan(0);
  expect(stdout).toMatch(new RegExp(`\\nAll ${questions.length} hold\\.`));
});

test('a figure that somebody changed is shown with its row and both figures, and the exit code is 1', async () => {
  const { code, stdout, stderr } = await withMoreOnHand(() => ask([]));
  expect([code, stderr]).toEqual([1, '']);
  expect(figuresOf(stdout, 'stock.on-hand')).toEqual([1, 1, 0]);
  const shown = stdout.slice(stdout.indexOf('\nstock.on-hand: violated.'));
  expect(shown).toContain('What should hold: on hand is the sum of the transactions');
  expect(shown).toMatch(
    new RegExp(`\\n  variant_id ${variantId}, warehouse_id \\S+, on_hand 12, transactions 7\\n`),
  );
  expect(shown).toContain(`1 of ${questions.length} is violated. docs/verify.md says what to do.`);
});

test('--only asks a question or a group, each once, and sees no fault elsewhere', async () => {
  const elsewhere = await withMoreOnHand(() => ask(['--only', 'money', '--only', 'money.paid']));
  expect(elsewhere.code).toBe(0);
  const money = questions.filter(({ name }) => name.startsWith('money.'));
  expect(elsewhere.stdout.match(/^[a-z]+\.[a-z-]+(?= )/gm)).toEqual(money.map(({ name }) => name));
  const { code, stdout } = await withMoreOnHand(() => ask(['--only=stock.on-hand']));
  expect([code, figuresOf(stdout, 'stock.on-hand')]).toEqual([1, [1, 1, 0]]);
});

interface Json {
  database: string;
  at: string;
  graceSeconds: number;
  holds: boolean;
  invariants: { name: string; looked: number; violations: number; inFlight: number; rows: object[] }[];
}

test('--json is the same for programs', async () => {
  const { code, stdout, stderr } = await withMoreOnHand(() =>
    ask(['--json', '--only', 'stock', '--grace', '0.5']),
  );
  expect([code, stderr]).toEqual([1, '']);
  const { invariants, ...report } = JSON.parse(stdout) as Json;
  expect(report).toMatchObject({ graceSeconds: 0.5, holds: false });
  expect(Date.parse(report.at)).not.toBeNaN();
  expect(invariants.map(({ name }) => name)).toContain('stock.held');
  expect(invariants.filter(({ violations }) => violations > 0)).toMatchObject([
    {
      ...{ name: 'stock.on-hand', looked: 1, violations: 1, inFlight: 0 },
      rows: [{ variant_id: variantId, on_hand: 12, transactions: 7 }],
    },
  ]);
  const whole = JSON.parse((await ask(['--json'])).stdout) as Json;
  expect([whole.holds, whole.invariants.length]).toEqual([true, questions.length]);
});

test('--grace says how long something may be under way', async () => {
  const { rows } = await admin.query<{ ago: number }>(
    `UPDATE payments.payment SET captured_amount = captured_amount + 1, updated_at = now() - interval '1 hour'
     WHERE order_id = $1 RETURNING extract(epoch FROM now() - updated_at)::int AS ago`,
    [orderId],
  );
  expect(rows).toEqual([{ ago: 3_600 }]);
  try {
    await admin.query(`UPDATE orders.orders SET updated_at = now() - interval '1 hour' WHERE id = $1`, [
      orderId,
    ]);
    const late = await ask(['--only', 'money.paid']);
    expect([late.code, figuresOf(late.stdout, 'money.paid')]).toEqual([1, [1, 1, 0]]);
    const early = await ask(['--only', 'money.paid', '--grace', '36000']);
    expect([early.code, figuresOf(early.stdout, 'money.paid')]).toEqual([0, [1, 0, 1]]);
    expect(early.stdout).toContain('1 moved in the last 36000 s: ask again.');
  } finally {
    await admin.query(
      'UPDATE payments.payment SET captured_amount = captured_amount - 1 WHERE order_id = $1',
      [orderId],
    );
  }
});

const providerEnv = (): Record<string, string> => {
  const { secretKey = '', apiBase = '' } = shop.parts.config.stripe;
  return { STRIPE_SECRET_KEY: secretKey, STRIPE_API_BASE: apiBase };
};

test('--provider compares with the provider, and finds money that the shop knows nothing of', async () => {
  const agreed = await ask(['--provider', '--only', 'money'], providerEnv());
  expect([agreed.code, agreed.stderr]).toEqual([0, '']);
  for (const { name } of providerQuestions) expect(figuresOf(agreed.stdout, name)).toEqual([1, 0, 0]);

  const { hostname, port } = new URL(shop.parts.config.stripe.apiBase ?? '');
  const { secretKey = '' } = shop.parts.config.stripe;
  const stripe = new Stripe(secretKey, { host: hostname, port, protocol: 'http' });
  const intent = await stripe.paymentIntents.create({
    ...{ amount: 777, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
    ...{ metadata: { order_id: orderId }, return_url: 'https://shop.example/back' },
  });
  expect(intent.status).toBe('succeeded');
  const parameters = ['--provider', '--only', 'money', '--grace', '0'];
  // The provider's times are whole seconds.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const twice = await ask(parameters, providerEnv());
  expect([twice.code, twice.stderr]).toEqual([1, '']);
  expect(figuresOf(twice.stdout, 'provider.noted')).toEqual([2, 1, 0]);
  expect(twice.stdout).toContain(`intent ${intent.id}, amount_received 777, orderId ${orderId}`);
  expect(figuresOf(twice.stdout, 'provider.once')).toEqual([2, 1, 0]);
  expect(figuresOf(twice.stdout, 'provider.taken')).toEqual([1, 0, 0]);
});
