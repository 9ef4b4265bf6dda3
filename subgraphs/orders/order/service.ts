import { conflict, notFound, Refused } from '../../shared/errors.js';
import { Undecided } from '../../shared/idempotency.js';
import { consequences, type Consequences } from '../../shared/events/consequences.js';
import { event, type NewEvent } from '../../shared/events/outbox.js';
import type { Timer, TimerName } from '../../shared/events/timers.js';
import { isId } from '../../shared/ids.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { transact, transactOne } from '../../shared/transaction.js';
import { may, maySee, requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { deliveryOf } from '../customer/keys.js';
import type { Address } from './address.js';
import { isOrderNumber } from './number.js';
import { type Order, type OrderNote } from './rules.js';
import { assertTransition, type OrderStatus } from './states.js';
import {
  findOrders,
  insertNote,
  insertOrder,
  listOrders,
  lockOrdersOf,
  moveOrders,
  saveOrder,
  type Placing,
} from './store.js';

/** The order as it is now, whoever's it is. */
export async function readOrder(ctx: Context, id: string): Promise<Order | null> {
  return isId(id) ? ((await findOrders(ctx.db, [id])).get(id) ?? null) : null;
}

/** The orders as they are now, by id, whoever's they are. */
export const readOrders = (ctx: Context, ids: readonly string[]): Promise<Map<string, Order>> =>
  findOrders(ctx.db, ids);

/** The order, if it is the viewer's or the viewer is staff. */
export async function findOrder(ctx: Context, id: string): Promise<Order | null> {
  const order = await ctx.loaders.orders.load(id);
  return order && maySee(ctx.viewer, order.customerId, 'orders:read') ? order : null;
}

export type Whose = 'own or staff' | 'any';

/** The order, for those to change it whose it is (`any`: the caller has checked); not found for others. */
export function permitted(ctx: Context, order: Order | null, whose: Whose): Order {
  if (!order || (whose !== 'any' && !maySee(ctx.viewer, order.customerId, 'orders:write')))
    throw new Refused(notFound('order', ['orderId']));
  return order;
}

/** The order, read anew, for those to change it. */
export const getOrderToChange = async (ctx: Context, id: string, whose: Whose): Promise<Order> =>
  permitted(ctx, await readOrder(ctx, id), whose);

export interface Decision {
  order: Order;
  /** OrderUpdated is added to them. */
  events?: NewEvent[];
  timers?: Timer[];
  /** Timers to take back. */
  endedTimers?: TimerName[];
  /** What else belongs into the same transaction. */
  also?: (ctx: Context) => Promise<void>;
}

const attempts = 6;

/**
 * Decides on the order as it is and writes the decision if it still is so then; otherwise decides anew. Null: there is
 * nothing to change. `loaded` saves the first reading. The order afterwards.
 */
export async function changeOrder(
  ctx: Context,
  id: string,
  decide: (order: Order) => Decision | null,
  loaded?: Order,
): Promise<Order> {
  let current = loaded;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const before = current ?? (await readOrder(ctx, id));
    if (!before) throw new Error(`There is no order ${id}.`);
    const decision = decide(before);
    if (!decision) return before;
    const { order, events = [], timers = [], endedTimers = [], also } = decision;
    assertTransition(before, order);
    const updated = event('OrderUpdated', id, { orderId: id, customerId: order.customerId });
    const run = also ? transact : transactOne;
    const saved = await run(ctx, async (inner) => {
      const follows = consequences(inner, { events: [...events, updated], timers, endedTimers });
      if (!(await saveOrder(inner.db, before, order, inner.clock(), follows))) return false;
      await also?.(inner);
      return true;
    });
    if (saved) {
      const after = { ...order, version: before.version + 1 };
      ctx.loaders.orders.clear(id).prime(id, after);
      return after;
    }
    current = undefined;
  }
  throw new Undecided(conflict('TRY_AGAIN', 'The order is being changed by others: try again.'));
}

export interface OrdersFilter {
  status?: OrderStatus | null | undefined;
  customerId?: string | null | undefined;
  number?: string | null | undefined;
}

/** All orders, for staff. */
export async function orders(
  ctx: Context,
  { status = null, customerId = null, number = null }: OrdersFilter,
  parameters: PageArguments,
): Promise<Connection<Order>> {
  requirePermission(ctx.viewer, 'orders:read');
  const page = pageOf(parameters, ['id']);
  const nothing = (customerId && !isId(customerId)) || (number && !isOrderNumber(number));
  const rows = nothing ? [] : await listOrders(ctx.db, { status, customerId, number }, page);
  return connectionOf(rows, page, (order) => [order.id]);
}

/** A customer's orders; the pages of several customers are read in one statement. */
export async function ordersOfCustomer(
  ctx: Context,
  customerId: string,
  parameters: PageArguments,
): Promise<Connection<Order>> {
  const page = pageOf(parameters, ['id']);
  const rows =
    isId(customerId) && maySee(ctx.viewer, customerId, 'orders:read')
      ? await ctx.loaders.ordersOf(page).load(customerId)
      : [];
  return connectionOf(rows, page, (order) => [order.id]);
}

/** Whether the viewer sees notes among staff. */
export const seesStaffNotes = (ctx: Context): boolean => may(ctx.viewer, 'orders:read');

/** Writes an order that checkout made, and what follows; false where its claim was refused or its cart changed. */
export const writePlacedOrder = (ctx: Context, placing: Placing, follows: Consequences): Promise<boolean> =>
  insertOrder(ctx.db, placing, consequences(ctx, follows));

/** Writes a note to an order; its version stays, nothing is decided on notes. */
export const addNote = (ctx: Context, orderId: string, note: OrderNote): Promise<void> =>
  insertNote(ctx.db, orderId, ctx.viewer.id ?? '', note);

/** Gives all orders of `from` to `to`, each as `reseal` gives it; their ids. In the caller's transaction. */
export async function takeOrdersOf(
  ctx: Context,
  from: string,
  to: string,
  reseal: (order: Order) => Order,
): Promise<string[]> {
  const ids = await lockOrdersOf(ctx.db, from);
  if (ids.length === 0) return [];
  const found = await findOrders(ctx.db, ids);
  await moveOrders(ctx.db, to, [...found.values()].map(reseal));
  return ids;
}

export interface MailFacts {
  order: Order;
  email: string;
  shippingAddress: Address;
  billingAddress: Address | null;
}

/** What a mail about the order needs; null where its customer was deleted or is to get none. For services only (policy.ts). */
export async function orderForMail(ctx: Context, id: string): Promise<MailFacts | null> {
  const order = await readOrder(ctx, id);
  if (!order?.notifyCustomer) return null;
  const { email, shippingAddress, billingAddress } = await deliveryOf(ctx, 'orders', order);
  return email && shippingAddress ? { order, email, shippingAddress, billingAddress } : null;
}
