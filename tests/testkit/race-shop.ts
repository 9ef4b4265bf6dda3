/** A shop for races: many want the same at once, and what came of it is read behind the API and at the provider. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import Stripe from 'stripe';
import type { Subgraph } from '../../subgraphs/shared/subgraph.js';
import { againCodes, type Client } from './client.js';
import { createTerms, fillCart, signInGuest, signInStaff } from './goods.js';
import { askAtRest } from './ledger.js';
import { askProvider } from './provider-ledger.js';
import { startTestShop, type TestShop } from './shop.js';
import { eventually } from './eventually.js';

export interface RaceShop extends TestShop {
  /** With all rights. */
  staff: Client;
  /** To look behind the API. */
  ledger: pg.Client;
  stripe: Stripe;
}

/** A shop with terms to sell by; `env` and `wrap` as of `startTestShop`. */
export async function startRaceShop(
  env: Record<string, string> = {},
  wrap: (subgraph: Subgraph) => Subgraph = (subgraph) => subgraph,
): Promise<RaceShop> {
  const shop = await startTestShop(env, wrap);
  const staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  const ledger = new pg.Client({ connectionString: shop.parts.database.adminUrl });
  await ledger.connect();
  const { secretKey = '', apiBase = '' } = shop.parts.config.stripe;
  const { hostname, port } = new URL(apiBase);
  const stripe = new Stripe(secretKey, { host: hostname, port, protocol: 'http' });
  const close = async (): Promise<void> => {
    await ledger.end();
    await shop.close();
  };
  return { ...shop, staff, ledger, stripe, close };
}

/** What does not hold when all that was under way has ended: the ledger's questions, the provider's books, dead letters. */
export async function violationsOf({ ledger, stripe, parts }: RaceShop): Promise<unknown[]> {
  const found: unknown[] = await askAtRest(ledger, parts.clock);
  found.push(...(await askProvider(ledger, stripe)));
  for (const schema of ['orders', 'payments', 'inventory'])
    found.push(...(await ledger.query(`SELECT type, last_error FROM ${schema}.dead_letter`)).rows);
  return found;
}

/** Makes as many as said, all at once. */
export const times = <T>(count: number, make: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)));

export interface Answer<T> {
  given: T | null;
  /** Of its refusal or error; null where there is none. */
  code: string | null;
}

/** Runs a mutation of one input and gives its answer, whatever it is. */
async function attemptOnce<T>(
  client: Client,
  field: string,
  input: object,
  selection: string,
): Promise<Answer<T>> {
  const type = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;
  const { data, errors } = await client.request(
    `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { code } } }`,
    { input },
  );
  const payload = (data ?? {})[field] as (T & { userErrors: { code: string }[] }) | null | undefined;
  return {
    given: payload ?? null,
    code: errors?.[0]?.extensions.code ?? payload?.userErrors[0]?.code ?? null,
  };
}

/** The same, asked again with the same keys while the shop says that it has no room: how much it has is the machine's affair. */
export const attempt = <T>(...parameters: Parameters<typeof attemptOnce>): Promise<Answer<T>> =>
  eventually(
    () => attemptOnce<T>(...parameters),
    ({ code }) => code === null || !againCodes.has(code),
  );

/** How often each outcome came; `DONE` where nothing was refused. */
export function countsOf(answers: readonly Answer<unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { code } of answers) counts[code ?? 'DONE'] = (counts[code ?? 'DONE'] ?? 0) + 1;
  return counts;
}

export interface WithOrder {
  order: { id: string; status: string; items: { id: string; quantity: number }[] } | null;
}
const order = 'order { id status items { id quantity } }';

export const place = (
  client: Client,
  expectedVersion: number,
  idempotencyKey: string = randomUUID(),
): Promise<Answer<WithOrder>> => attempt(client, 'placeOrder', { idempotencyKey, expectedVersion }, order);

/** Pays with a card that works; `changes` say what is different. */
export const pay = (
  client: Client,
  orderId: string,
  changes: { idempotencyKey?: string; paymentMethodId?: string; returnUrl?: string } = {},
): Promise<Answer<WithOrder & { nextActionUrl: string | null }>> =>
  attempt(
    client,
    'payOrder',
    { idempotencyKey: randomUUID(), orderId, paymentMethodId: 'pm_card_visa', ...changes },
    `${order} nextActionUrl`,
  );

/** A card whose bank asks the customer first. */
export const threeDSecure = {
  paymentMethodId: 'pm_card_threeDSecure2Required',
  returnUrl: 'https://shop.example/back',
};

/** Cancels. Who is told to try again when a payment that takes long is over does so. */
export async function cancel(client: Client, orderId: string): Promise<Answer<WithOrder>> {
  const input = { idempotencyKey: randomUUID(), orderId };
  return eventually(
    () => attempt<WithOrder>(client, 'cancelOrder', input, order),
    ({ code }) => code !== 'PAYMENT_IN_PROGRESS',
  );
}

/** A guest whose cart can be ordered. */
export interface Buyer {
  guest: Client;
  version: number;
}

/** A new guest with so many pieces of each variant in a cart that can be ordered. */
export async function buyerOf(shop: RaceShop, quantities: Readonly<Record<string, number>>): Promise<Buyer> {
  const guest = await signInGuest(shop);
  const lines = Object.entries(quantities).map(([variantId, quantity]) => ({ variantId, quantity }));
  return { guest, version: (await fillCart(guest, lines)).version };
}

/** A new guest's placed order; throws where it was refused. */
export async function placedOrder(
  shop: RaceShop,
  quantities: Readonly<Record<string, number>>,
): Promise<{ guest: Client; id: string; itemIds: string[] }> {
  const { guest, version } = await buyerOf(shop, quantities);
  const { given, code } = await place(guest, version);
  if (!given?.order) throw new Error(`placeOrder was refused: ${code}`);
  return { guest, id: given.order.id, itemIds: given.order.items.map((item) => item.id) };
}

export interface Standing {
  order_state: string;
  payment_state: string;
  paid: number;
  refunded: number;
  payments: number;
}

/** How an order stands, in minor units, with how many payments took money for it. */
export async function standingOf({ ledger }: RaceShop, orderId: string): Promise<Standing> {
  const { rows } = await ledger.query<Standing>(
    `SELECT order_state, payment_state, paid_amount::int AS paid, refunded_amount::int AS refunded,
       (SELECT count(*)::int FROM payments.payment p WHERE p.order_id = o.id AND captured_amount > 0) AS payments
     FROM orders.orders o WHERE id = $1`,
    [orderId],
  );
  if (!rows[0]) throw new Error(`There is no order ${orderId}.`);
  return rows[0];
}

/** The variant's `on_hand` and `reserved`, in the one warehouse that it lies in. */
export async function stockOf({ ledger }: RaceShop, variantId: string): Promise<unknown> {
  const { rows } = await ledger.query(
    'SELECT on_hand, reserved FROM inventory.stock_level WHERE variant_id = $1',
    [variantId],
  );
  return rows[0];
}
