/** One customer's way through the shop, as far as all stories go the same way. */
import { randomUUID } from 'node:crypto';
import type { Answer, Client, Session } from './client.js';
import { ClientFault } from './client.js';
import type { Goods } from './goods.js';
import type { StaffMove, Told } from './ledger.js';
import type { Checkout } from './plan.js';

export interface Visit {
  checkout: Checkout;
  told: Told;
  goods: Goods;
  visitor: Client;
  staff: Client;
  /** The open accounts of customers, by party. */
  accounts: Map<string, { email: string; password: string }>;
  staffMoves: StaffMove[];
  /** Counts what was answered: faults come after so many. */
  step: () => void;
}

export interface OrderTold {
  id: string;
  number: string;
  status: string;
  total: { amount: string };
  items: { id: string; quantity: number; cancelledQuantity: number }[];
}
export interface Placed {
  client: Client;
  order: OrderTold;
}

/** What becomes of an order that was placed. */
export type Ending = (visit: Visit, placed: Placed) => Promise<unknown>;

export const orderFields =
  'order { id number status total { amount } items { id quantity cancelledQuantity } }';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const minorOf = (decimal: string): number => Math.round(Number(decimal) * 100);

const session = 'session { accessToken refreshToken }';

function subjectOf({ accessToken }: Session): string {
  const [, claims = ''] = accessToken.split('.');
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string }).sub;
}

function enter({ told, visitor, step }: Visit, begun: Session): Client {
  told.customerId = subjectOf(begun);
  step();
  return visitor.as(begun);
}

export async function signInAsGuest(visit: Visit): Promise<Client> {
  const { session: begun } = await visit.visitor.sure<{ session: Session }>('signInAsGuest', null, session);
  return enter(visit, begun);
}

/** Opens the party's account at its first visit and signs in: as a visitor, or out of a guest's session. */
export async function signInAsCustomer(visit: Visit, from: Client = visit.visitor): Promise<Client> {
  const { party } = visit.checkout;
  const known = visit.accounts.get(party);
  const password = 'correct horse battery staple';
  const name = `c${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const account = known ?? { email: `${name}@example.com`, password };
  if (!known) {
    const person = { username: name, firstName: 'Anna', lastName: 'Kröger' };
    const input = { idempotencyKey: randomUUID(), ...account, ...person };
    await visit.visitor.sure('register', input, 'user { id }');
    visit.accounts.set(party, account);
  }
  const { session: begun } = await from.sure<{ session: Session }>('signIn', account, session);
  return enter(visit, begun);
}

export async function addLines(visit: Visit, client: Client): Promise<void> {
  const { checkout, goods, step } = visit;
  const lines = checkout.lines.map(({ article, quantity }) => ({
    variantId: goods.articles[article]?.variantId ?? '',
    quantity,
  }));
  // What is sold out does not come into the cart: a warning, no refusal.
  await client.call('addToCart', { idempotencyKey: randomUUID(), lines }, 'cart { version }');
  step();
}

interface Filled {
  cart: {
    version: number;
    lines: { quantity: number; variant: { id: string } | null }[];
    shippingOptions: { shippingMethod: { id: string } }[];
  };
}

let house = 0;
/** Every customer lives elsewhere, as the risk rules expect: they count payments for an address. */
const anotherAddress = () => ({
  ...{ firstName: 'Anna', lastName: 'Kröger', line1: `Mengstraße ${(house += 1)}`, city: 'Lübeck' },
  ...{ postalCode: '23552', country: 'DE' },
});

/** Says where to, and with which coupon; the cart's version, or null where there is nothing in it. */
export async function prepare(visit: Visit, client: Client): Promise<number | null> {
  const cart = 'cart { version lines { quantity } shippingOptions { shippingMethod { id } } }';
  const email = 'anna@example.com';
  const first = await client.sure<Filled>(
    'setCartDelivery',
    { email, shippingAddress: anotherAddress() },
    cart,
  );
  if (first.cart.lines.length === 0) return null;
  const { coupon } = visit.checkout;
  if (coupon) await client.call('applyPromotionCode', { code: coupon }, 'cart { version }');
  const shippingMethodId = first.cart.shippingOptions[0]?.shippingMethod.id;
  const { cart: ready } = await client.sure<Filled>('setCartDelivery', { shippingMethodId }, cart);
  visit.step();
  return ready.lines.length === 0 ? null : ready.version;
}

function note({ told }: Visit, { payload }: Answer<{ order: OrderTold }>): OrderTold | null {
  if (!payload) return null;
  const { order } = payload;
  if (told.orderId !== null && told.orderId !== order.id)
    throw new ClientFault(`One cart became two orders: ${told.orderId} and ${order.id}`);
  told.orderId = order.id;
  told.number = order.number;
  told.total = minorOf(order.total.amount);
  return order;
}

/** Refusals that a shop may answer to who orders a cart that was complete a moment ago. */
const fair = new Set([
  ...['INSUFFICIENT_STOCK', 'PROMOTION_NOT_APPLICABLE', 'CHECKOUT_EXPIRED', 'CART_CHANGED', 'CART_EMPTY'],
  ...['VERSION_CONFLICT', 'TOO_MANY_OPEN_ORDERS'],
]);

/** Orders the cart, at the same moment so many times with the same key; null where it was refused. */
export async function place(
  visit: Visit,
  client: Client,
  version: number,
  times = 1,
): Promise<OrderTold | null> {
  const { told, step } = visit;
  told.placings += 1;
  told.unknown = 'placeOrder';
  const input = { idempotencyKey: randomUUID(), expectedVersion: version };
  const answers = await Promise.all(
    Array.from({ length: times }, () => client.call<{ order: OrderTold }>('placeOrder', input, orderFields)),
  );
  told.unknown = null;
  const [order = null] = answers.map((answer) => note(visit, answer));
  const refusals = new Set(answers.map(({ refused }) => refused));
  if (refusals.size > 1) told.faults.push(`one key, different answers: ${[...refusals].join(', ')}`);
  for (const code of refusals)
    if (code !== null && !fair.has(code)) told.faults.push(`placeOrder was refused: ${code}`);
  step();
  return order;
}

interface Paid {
  order: { status: string };
  payment: { id: string } | null;
  nextActionUrl: string | null;
}
const paid = 'order { status } payment { id } nextActionUrl';

/** Where the shop is built to set money aside instead of taking it, as with PAYMENT_CAPTURE=manual: for these visits (shop.ts). */
export const setAsideUrl = 'https://shop.example/later';
const returnUrlOf = ({ checkout }: Visit): string =>
  checkout.setsAside ? setAsideUrl : 'https://shop.example/';

/** Staff take what was set aside, their client says so twice; a part of it where an amount is given. */
export async function capture(visit: Visit, { id }: OrderTold, amount?: string): Promise<void> {
  const { told, staff, step } = visit;
  const input = { idempotencyKey: randomUUID(), orderId: id, ...(amount && { amount }) };
  told.unknown = 'captureOrder';
  const twins = await Promise.all(
    [1, 2].map(() => staff.call<{ order: { status: string } }>('captureOrder', input, 'order { status }')),
  );
  told.unknown = null;
  for (const { payload, refused } of twins) {
    if (payload?.order.status === 'PAID') told.paid = true;
    // It may have been cancelled in between, by its customer or for want of stock.
    if (refused !== null && refused !== 'NOT_AUTHORIZED')
      told.faults.push(`captureOrder was refused: ${refused}`);
  }
  step();
}

/** Why an order that was just placed may not be paid any more: its time was over, or it was called off. */
const over = new Set(['ORDER_CANCELLED', 'ORDER_OVERDUE', 'PAYMENT_CANCELLED', 'ALREADY_PAID']);

/** Pays; the refusal's code, or null. Who leaves does not look at the answer. */
export async function pay(
  visit: Visit,
  client: Client,
  order: OrderTold,
  paymentMethodId: string,
  {
    times = 1,
    leaves = false,
    captures = true,
  }: { times?: number; leaves?: boolean; captures?: boolean } = {},
): Promise<{ code: string | null; nextActionUrl: string | null; isSetAside: boolean }> {
  const { told, step } = visit;
  const input = {
    idempotencyKey: randomUUID(),
    orderId: order.id,
    paymentMethodId,
    returnUrl: returnUrlOf(visit),
  };
  told.unknown = 'payOrder';
  const answers = leaves
    ? [await client.tryOnce<Paid>('payOrder', input, paid)]
    : await Promise.all(Array.from({ length: times }, () => client.call<Paid>('payOrder', input, paid)));
  for (const answer of answers) if (answer?.payload?.order.status === 'PAID') told.paid = true;
  if (answers[0]) told.unknown = null;
  const isSetAside = answers.some((answer) => answer?.payload?.order.status === 'CONFIRMED');
  const code = answers[0]?.refused ?? null;
  if (code !== null && code !== 'PAYMENT_DECLINED' && !over.has(code))
    told.faults.push(`payOrder was refused: ${code}`);
  step();
  if (isSetAside && captures && !leaves) await capture(visit, order);
  return { code, nextActionUrl: answers[0]?.payload?.nextActionUrl ?? null, isSetAside };
}

export async function cancel(visit: Visit, client: Client, order: OrderTold): Promise<void> {
  const { told, step } = visit;
  told.calledOff = true;
  told.unknown = 'cancelOrder';
  const input = { idempotencyKey: randomUUID(), orderId: order.id, reason: 'Changed my mind' };
  const { payload, refused } = await client.call<{ order: OrderTold }>('cancelOrder', input, orderFields);
  told.unknown = null;
  if (payload || refused === 'ALREADY_CANCELLED') told.cancelled = true;
  else told.faults.push(`cancelOrder was refused: ${refused}`);
  step();
}
