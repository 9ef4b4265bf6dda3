/**
 * Guests who buy while things are killed. A call that got no usable answer is made again with the same key, as a good
 * client does; what was acknowledged is kept, since nothing of it may be lost.
 */
import { randomUUID } from 'node:crypto';
import { createClient, type Client } from '../testkit/client.js';
import { anotherAddress } from '../testkit/goods.js';
import { patienceMs, pause } from '../testkit/eventually.js';

/** What one guest was told. */
export interface Bought {
  orderId: string;
  number: string;
  total: string;
  /** That of the last answer; null for a guest who left without one. */
  status: string | null;
}

export interface Market {
  /** The gateway. */
  url: string;
  variantId: string;
  /** Called after each step of an order that was answered, or given up. */
  onStep?: () => void;
  /** How often a call was made again, by reason. */
  retries: Record<string, number>;
}

export interface Manner {
  /** Calls payOrder once, and is gone whatever comes back: an answer that was lost is then for the shop to find. */
  leaves?: boolean;
}

/** Refusals that say "again"; any other is a fault. */
const passing = new Set(['TRY_AGAIN', 'PAYMENT_IN_PROGRESS']);

/** Calls a mutation: its payload, or why there is none. */
async function call<T>(
  client: Client,
  field: string,
  input: object | null,
  selection: string,
): Promise<{ payload: T } | { reason: string }> {
  const type = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;
  const query = input
    ? `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { code message } } }`
    : `mutation { ${field} { ${selection} } }`;
  const answer = await client.request(query, input ? { input } : {}).catch(() => null);
  if (!answer) return { reason: 'no answer' };
  const { data, errors } = answer;
  const payload = data?.[field] as (T & { userErrors?: { code: string }[] }) | null | undefined;
  const refused = payload?.userErrors?.[0];
  if (refused && !passing.has(refused.code))
    throw new Error(`${field} was refused: ${JSON.stringify(payload.userErrors)}`);
  if (payload && !errors && !refused) return { payload };
  return { reason: refused?.code ?? errors?.[0]?.extensions.code ?? 'no data' };
}

/** Calls until there is a payload, with the same input each time. */
async function insist<T>(market: Market, ...parameters: Parameters<typeof call>): Promise<T> {
  for (const end = Date.now() + patienceMs; ;) {
    const answer = await call<T>(...parameters);
    if ('payload' in answer) return answer.payload;
    const { reason } = answer;
    if (Date.now() > end) throw new Error(`${parameters[1]}: ${reason}, for ${patienceMs} ms`);
    market.retries[reason] = (market.retries[reason] ?? 0) + 1;
    await pause(50 + Math.random() * 150);
  }
}

interface Filled {
  cart: { version: number; shippingOptions: { shippingMethod: { id: string } }[] };
}

/** A guest with a cart that is ready to be ordered. */
async function fill(market: Market): Promise<{ guest: Client; version: number }> {
  const visitor = createClient(market.url);
  const { session } = await insist<{ session: { accessToken: string } }>(
    market,
    visitor,
    'signInAsGuest',
    null,
    'session { accessToken }',
  );
  const guest = visitor.as(session.accessToken);
  const lines = [{ variantId: market.variantId, quantity: 1 }];
  await insist(market, guest, 'addToCart', { idempotencyKey: randomUUID(), lines }, '');
  const cart = 'cart { version shippingOptions { shippingMethod { id } } }';
  const delivery = { email: 'anna@example.com', shippingAddress: anotherAddress() };
  const first = await insist<Filled>(market, guest, 'setCartDelivery', delivery, cart);
  const shippingMethodId = first.cart.shippingOptions[0]?.shippingMethod.id;
  const second = await insist<Filled>(market, guest, 'setCartDelivery', { shippingMethodId }, cart);
  return { guest, version: second.cart.version };
}

/** A guest signs in, fills a cart, orders and pays. */
export async function buy(market: Market, { leaves = false }: Manner = {}): Promise<Bought> {
  const { guest, version } = await fill(market);
  const placing = { idempotencyKey: randomUUID(), expectedVersion: version };
  const { order } = await insist<{ order: { id: string; number: string; total: { amount: string } } }>(
    market,
    guest,
    'placeOrder',
    placing,
    'order { id number total { amount } }',
  );
  market.onStep?.();
  const paying = { idempotencyKey: randomUUID(), orderId: order.id, paymentMethodId: 'pm_card_visa' };
  const parameters = [guest, 'payOrder', paying, 'order { status }'] as const;
  interface Paid {
    order: { status: string };
  }
  const paid = leaves
    ? await call<Paid>(...parameters)
    : { payload: await insist<Paid>(market, ...parameters) };
  market.onStep?.();
  return {
    orderId: order.id,
    number: order.number,
    total: order.total.amount,
    status: 'payload' in paid ? paid.payload.order.status : null,
  };
}
