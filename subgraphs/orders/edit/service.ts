/**
 * Editing an unpaid order (docs/decisions/0017). An edit is opened, one of an order at a time; inventory holds what the order
 * may become beside what it has; then order, end of the edit and its news are written together, and inventory lets go what is
 * not needed. Where that cannot be written the edit is abandoned, by the same call or, after a crash, by its timer, and
 * inventory lets go what was held for it.
 */
import { badInput, conflict, refuse, Refused, versionConflict } from '../../shared/errors.js';
import { record } from '../../shared/events/consequences.js';
import { event, type NewEvent } from '../../shared/events/outbox.js';
import { Undecided } from '../../shared/idempotency.js';
import { transact } from '../../shared/transaction.js';
import { may } from '../../shared/viewer.js';
import { maxLines, maxQuantity, type Quantity } from '../cart/rules.js';
import { held, piecesOf } from '../checkout/held.js';
import { onSale, pinned, quote } from '../checkout/quote.js';
import {
  orderFrom,
  priceRefusals,
  totalChanged,
  type Purchase,
  type WaitingPieces,
} from '../checkout/rules.js';
import type { Context } from '../context.js';
import { deliveryOf } from '../customer/keys.js';
import { savedAddresses, type SavedAddressIds } from '../delivery/saved.js';
import { ChangeReservationDocument } from '../operations/inventory.generated.js';
import { addressErrors, type Address, type Delivery } from '../order/address.js';
import { changeOnce } from '../order/once.js';
import type { Order } from '../order/rules.js';
import { readOrder } from '../order/service.js';
import { assertTransition } from '../order/states.js';
import { orderPaid } from '../payment/rules.js';
import { redeemPromotions, releasePromotions } from '../promotion/service.js';
import { maxStaffLines, maxStaffQuantity } from '../staff-order/rules.js';
import {
  editDueTimer,
  editedLines,
  editedOrder,
  editRefusal,
  editTimeMs,
  linesOf,
  wishErrors,
  withoutOwnUses,
} from './rules.js';
import { countAttempts, endEdit, findEdit, lockOrder, openEdit, rewriteOrder } from './store.js';

export interface EditOrder extends SavedAddressIds {
  idempotencyKey: string;
  orderId: string;
  expectedVersion?: number | null | undefined;
  /** Empty: the articles stay. */
  lines: Quantity[];
  shippingAddress: Address | null;
  billingAddress: Address | null;
  shippingMethodId?: string | null | undefined;
  expectedTotal?: string | null | undefined;
}

type Wish = Omit<EditOrder, 'idempotencyKey'>;

/** Edits an order that waits for its payment, all or nothing, once per key. */
export async function editOrder(
  ctx: Context,
  { idempotencyKey: key, ...input }: EditOrder,
): Promise<{ order: Order }> {
  const start = { editId: ctx.newId() };
  const isDone = ({ steps }: Order, { editId }: typeof start): boolean =>
    steps.some(({ id }) => id === editId);
  const change = { operation: 'editOrder', key, input, whose: 'own or staff', start, isDone } as const;
  return changeOnce(ctx, change, async (order, { editId }, repeated) =>
    repeated && isDone(order, { editId }) ? { order } : { order: await edit(ctx, order, editId, input) },
  );
}

async function edit(ctx: Context, order: Order, editId: string, input: Wish): Promise<Order> {
  const { expectedVersion = null } = input;
  if (expectedVersion !== null && expectedVersion !== order.version)
    throw new Refused(versionConflict(expectedVersion, order.version));
  await refuseUneditable(ctx, order);
  const planned = await plan(ctx, order, input);
  await begin(ctx, order, editId);
  try {
    const waiting = await hold(ctx, order, editId, planned);
    return await apply(ctx, order, editId, planned.build(waiting));
  } catch (error) {
    if (!(error instanceof Refused) || error instanceof Undecided) throw error;
    const after = await readOrder(ctx, order.id);
    // A twin was first.
    if (after?.steps.some(({ id }) => id === editId)) return after;
    await abandon(ctx, editId);
    throw error;
  }
}

async function refuseUneditable(ctx: Context, order: Order): Promise<void> {
  const refusal = editRefusal(order, await countAttempts(ctx.db, order.id), ctx.clock());
  if (!refusal) return;
  // A payment may come to nothing: the same call is decided anew then.
  throw refusal.code === 'PAYMENT_IN_PROGRESS' ? new Undecided(refusal) : new Refused(refusal);
}

interface Planned {
  purchase: Purchase;
  build(waiting: WaitingPieces[]): Order;
}

/** What the order would be: checked, and priced as today. */
async function plan(ctx: Context, order: Order, input: Wish): Promise<Planned> {
  const purchase = await purchaseOf(ctx, order, input);
  const { articles, book } = await onSale(ctx, purchase);
  const price = await quote(ctx, purchase, articles, withoutOwnUses(book, order));
  // A promotion that does not apply to it any more falls away: the total says so. It is no new order.
  refuse(priceRefusals({ ...price, ineffective: [] }, 0));
  refuse(totalChanged(purchase, price.gross));
  const { id, number, locale, paymentDueAt } = order;
  const own = { id, number, locale, paymentDueAt: paymentDueAt ?? ctx.clock() };
  const parts = await pinned(ctx, purchase, own);
  return {
    purchase,
    build: (waiting) => orderFrom(purchase, articles, price, { ...parts, waiting }, ctx.newId),
  };
}

/** The order as a purchase, with what is to be different. */
async function purchaseOf(ctx: Context, order: Order, input: Wish): Promise<Purchase> {
  const { customerId, guest, currencyCode, placedBy, placedAt, notifyCustomer } = order;
  const isStaff = may(ctx.viewer, 'orders:write');
  const limits = isStaff
    ? { lines: maxStaffLines, pieces: maxStaffQuantity }
    : { lines: maxLines, pieces: maxQuantity };
  refuse(wishErrors(order, input.lines, limits));
  return {
    ...{ customerId, guest, currencyCode, placedBy, placedAt, notifyCustomer, cart: null },
    lines: editedLines(order, input.lines),
    delivery: await deliveryWished(ctx, order, input),
    shippingMethodId: input.shippingMethodId ?? order.shipping.methodId,
    promotionCodes: order.discounts.map(({ code }) => code),
    expectedTotal: input.expectedTotal ?? null,
  };
}

async function deliveryWished(ctx: Context, order: Order, input: Wish): Promise<Delivery> {
  for (const address of ['shippingAddress', 'billingAddress'] as const)
    if (input[address] && input[`${address}Id`])
      throw badInput(`Give ${address} or ${address}Id, not both.`, [`${address}Id`]);
  refuse([
    ...addressErrors(input.shippingAddress, ['shippingAddress']),
    ...addressErrors(input.billingAddress, ['billingAddress']),
  ]);
  const saved = await savedAddresses(ctx, order.customerId, input);
  const present = await deliveryOf(ctx, 'orders', order);
  return {
    email: present.email,
    shippingAddress: saved.shippingAddress ?? input.shippingAddress ?? present.shippingAddress,
    billingAddress: saved.billingAddress ?? input.billingAddress ?? present.billingAddress,
  };
}

/** Opens the edit with its timer, or goes on with it. */
async function begin(ctx: Context, order: Order, editId: string): Promise<void> {
  const wish = { id: editId, orderId: order.id, version: order.version };
  const known = await transact(ctx, async (inner) => {
    const now = inner.clock();
    const opened = await openEdit(inner.db, wish, now);
    if (opened?.status === 'OPEN')
      await record(inner, { timers: [editDueTimer(editId, new Date(now.getTime() + editTimeMs))] });
    return opened;
  });
  if (!known)
    throw new Undecided(conflict('ORDER_BEING_EDITED', 'The order is being edited by another: try again.'));
  if (known.status === 'ABANDONED') throw new Refused(tookTooLong());
  if (known.version === order.version || known.status !== 'OPEN') return;
  // Between the first try and this one the order was changed: it was decided on another.
  await abandon(ctx, editId);
  throw new Refused(versionConflict(known.version, order.version));
}

const tookTooLong = () =>
  conflict('EDIT_EXPIRED', 'The edit took too long and was given up: edit the order with a new key.');

/** Has inventory hold what the order may become; what of it waits for stock. */
function hold(ctx: Context, order: Order, changeId: string, { purchase }: Planned): Promise<WaitingPieces[]> {
  const input = { orderId: order.id, changeId, ...piecesOf(purchase) };
  const asked = ctx.call('inventory', ChangeReservationDocument, { input });
  return held(
    asked.then(({ changeReservation }) => changeReservation),
    async (userErrors) => {
      if (userErrors.some(({ code }) => code === 'CHANGE_ENDED')) return [tookTooLong()];
      // It was paid or cancelled meanwhile, or its time is over and inventory knows it first.
      const now = await readOrder(ctx, order.id);
      const refusal = now && editRefusal(now, await countAttempts(ctx.db, now.id), ctx.clock());
      return [
        refusal ?? conflict('ORDER_OVERDUE', 'Its articles are not held any more: it is being cancelled.'),
      ];
    },
  );
}

/** Writes the edited order, the end of its edit, and what follows, all or nothing. */
async function apply(ctx: Context, before: Order, editId: string, built: Order): Promise<Order> {
  const after = editedOrder(before, built, { id: editId, at: ctx.clock() });
  assertTransition(before, after);
  const saved = await transact(ctx, async (inner) => {
    // First the order: whoever writes it at this moment is waited for, and then counts.
    await lockOrder(inner.db, before.id);
    if (!(await endEdit(inner.db, editId, 'APPLIED'))) throw new Refused(tookTooLong());
    if (!(await rewriteOrder(inner.db, before, after, inner.clock()))) throw new Overtaken();
    if (before.discounts.length > 0) await releasePromotions(inner, before.id);
    await redeemPromotions(inner, before.id, before.customerId, after.discounts);
    await record(inner, { events: newsOf(after, editId) });
    return true;
  }).catch((error: unknown) => {
    if (error instanceof Overtaken) return false;
    throw error;
  });
  const now = await readOrder(ctx, before.id);
  if (!now) throw new Error(`There is no order ${before.id}.`);
  ctx.loaders.orders.clear(now.id).prime(now.id, now);
  if (saved) return now;
  throw new Refused(
    editRefusal(now, await countAttempts(ctx.db, now.id), ctx.clock()) ??
      versionConflict(before.version, now.version),
  );
}

/** The order was changed or began to be paid since it was read. */
class Overtaken extends Error {}

function newsOf(order: Order, editId: string): NewEvent[] {
  const { id: orderId, customerId, currencyCode } = order;
  const amount = order.gross.toString();
  const lines = linesOf(order);
  return [
    event('OrderChanged', orderId, { orderId, customerId, editId, amount, currencyCode, lines }),
    event('OrderUpdated', orderId, { orderId, customerId }),
    ...(order.paymentState === 'PAID' ? [orderPaid(order)] : []),
  ];
}

/** Gives up an edit that is open: inventory is told what the order has, under the order's lock, so that nothing comes between. */
export async function abandon(ctx: Context, editId: string): Promise<void> {
  await transact(ctx, async (inner) => {
    const known = await findEdit(inner.db, editId);
    if (!known) return;
    const { orderId } = known;
    await lockOrder(inner.db, orderId);
    if (!(await endEdit(inner.db, editId, 'ABANDONED'))) return;
    const order = await readOrder(inner, orderId);
    if (!order) throw new Error(`There is no order ${orderId}.`);
    await record(inner, {
      events: [event('OrderEditAbandoned', orderId, { orderId, editId, lines: linesOf(order) })],
    });
  });
}
