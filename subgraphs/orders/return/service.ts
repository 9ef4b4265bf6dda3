import { conflict, invalidInput, notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { requirePermission } from '../../shared/viewer.js';
import { areOf, areWithin, type LineQuantity } from '../cancellation/rules.js';
import type { Context } from '../context.js';
import { writeNote } from '../note/service.js';
import { changeOnce } from '../order/once.js';
import type { Order, Return, ReturnReason, ReturnStatus } from '../order/rules.js';
import { changeOrder, getOrderToChange, readOrder, readOrders, type Decision } from '../order/service.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { buyReturnLabel } from '../shipment/label.js';
import { firstRefundTimer, trySendRefund } from '../refund/service.js';
import {
  areReturnable,
  mayBecome,
  hasShippingBack,
  refundIdOf,
  returnableUntil,
  returnTimer,
  withDecision,
  withExpiry,
  withReceipt,
  withReturn,
  type Changed,
  type Receipt,
  type ReceivedLine,
} from './rules.js';
import { findOrderIdOfReturn, listReturns } from './store.js';

/** Of a reason or comment; a note takes no more. */
const maxLength = 2_000;

export interface ReturnResult {
  order: Order;
  returned: Return | undefined;
}

const resultOf = (order: Order, returnId: string): ReturnResult => ({
  order,
  returned: order.returns.find((one) => one.id === returnId),
});

export interface RequestReturn {
  idempotencyKey: string;
  orderId: string;
  lines: LineQuantity[];
  reason: ReturnReason;
  comment?: string | null | undefined;
}

/** Asks to send articles back, under the id that the key claimed; the customer's own words become a note among staff. */
export async function requestReturn(
  ctx: Context,
  { idempotencyKey: key, ...input }: RequestReturn,
): Promise<ReturnResult> {
  const isDone = ({ returns }: Order, { returnId }: { returnId: string }): boolean =>
    returns.some((one) => one.id === returnId);
  const start = { returnId: ctx.newId() };
  const change = { operation: 'requestReturn', key, input, whose: 'own or staff', start, isDone } as const;
  return changeOnce(ctx, change, async (found, claimed) => {
    const decide = (current: Order): Decision | null => {
      if (isDone(current, claimed)) return null;
      refuseUnreturnable(current, input);
      refuseLate(ctx, current, input.lines);
      const asked = { id: claimed.returnId, lines: input.lines, reason: input.reason };
      const decision = withNote(withReturn(current, asked, ctx.clock()), input.comment, false);
      const due = new Date(ctx.clock().getTime() + ctx.config.orders.returnDecisionMs);
      return { ...decision, timers: [returnTimer(current.id, claimed.returnId, due)] };
    };
    return resultOf(await changeOrder(ctx, found.id, decide, found), claimed.returnId);
  });
}

/** Lines that were never the order's are the caller's mistake; those that can't come back, maybe since just now, a conflict. */
function refuseUnreturnable(order: Order, { lines, comment }: Omit<RequestReturn, 'idempotencyKey'>): void {
  if ((comment ?? '').length > maxLength)
    throw new Refused(invalidInput(`A comment has at most ${maxLength} characters.`, ['comment']));
  if (!areOf(order, lines))
    throw new Refused(
      invalidInput('The lines name items of the order, once each, and at most their quantities.', ['lines']),
    );
  if (!areReturnable(order, lines))
    throw new Refused(
      conflict('NOT_RETURNABLE', 'So many have not been shipped, or are in another return.', ['lines']),
    );
}

/** The customer has so long after the parcel arrived; staff may make exceptions. */
function refuseLate(ctx: Context, order: Order, lines: readonly LineQuantity[]): void {
  if (ctx.viewer.id !== order.customerId) return;
  const isOver = lines.some(({ itemId }) => {
    const until = returnableUntil(order, itemId, ctx.config.orders.returnTimeMs);
    return until !== null && until < ctx.clock();
  });
  if (isOver)
    throw new Refused(conflict('RETURN_TIME_OVER', 'The time to send this back is over.', ['lines']));
}

/** The change with the words as a note, sealed in its transaction. */
function withNote(change: Changed, words: string | null | undefined, visibleToCustomer: boolean): Decision {
  if (!words) return change;
  return { ...change, also: (inner) => writeNote(inner, change.order, words, visibleToCustomer) };
}

async function getOrderId(ctx: Context, returnId: string): Promise<string> {
  const orderId = isId(returnId) ? await findOrderIdOfReturn(ctx.db, returnId) : null;
  if (orderId === null) throw new Refused(notFound('return', ['returnId']));
  return orderId;
}

function getReturn(order: Order, returnId: string): Return {
  const one = order.returns.find(({ id }) => id === returnId);
  if (!one) throw new Error(`Order ${order.id} has no return ${returnId}.`);
  return one;
}

const notOpen = ({ status }: Return): Refused =>
  new Refused(conflict('RETURN_NOT_OPEN', `The return is ${status}: this is not to be done with it.`));

/** Takes a requested return to `status`; one that is there already stays. */
async function decideReturn(
  ctx: Context,
  returnId: string,
  status: 'APPROVED' | 'REJECTED',
  words: string | null,
  label: Parameters<typeof withDecision>[4] = {},
): Promise<ReturnResult> {
  const order = await changeOrder(ctx, await getOrderId(ctx, returnId), (current) => {
    const one = getReturn(current, returnId);
    if (one.status === status) return null;
    if (!mayBecome(one, status)) throw notOpen(one);
    const step = { id: ctx.newId(), at: ctx.clock() };
    const decision = withNote(withDecision(current, one, status, step, label), words, true);
    const due = new Date(step.at.getTime() + ctx.config.orders.returnArrivalMs);
    return status === 'APPROVED'
      ? { ...decision, timers: [returnTimer(current.id, returnId, due)] }
      : decision;
  });
  return resultOf(order, returnId);
}

/** Lets the customer send the articles back, with a label where a service is given; a second time changes nothing. */
export async function approveReturn(
  ctx: Context,
  { returnId, service }: { returnId: string; service?: string | null | undefined },
): Promise<ReturnResult> {
  requirePermission(ctx.viewer, 'orders:write');
  const label = service ? await labelFor(ctx, returnId, service) : {};
  return decideReturn(ctx, returnId, 'APPROVED', null, label);
}

/** A label for the way back: one per return, however often it is approved. */
async function labelFor(
  ctx: Context,
  returnId: string,
  service: string,
): Promise<Parameters<typeof withDecision>[4]> {
  const order = await getOrderToChange(ctx, await getOrderId(ctx, returnId), 'any');
  const one = getReturn(order, returnId);
  if (one.status !== 'REQUESTED') return {};
  return buyReturnLabel(ctx, order, one, service);
}

/** Refuses a return, and tells the customer why in a note; a second time changes nothing. */
export async function rejectReturn(
  ctx: Context,
  { returnId, reason }: { returnId: string; reason: string },
): Promise<ReturnResult> {
  requirePermission(ctx.viewer, 'orders:write');
  if (reason.trim() === '' || reason.length > maxLength)
    throw new Refused(invalidInput(`A reason has 1 to ${maxLength} characters.`, ['reason']));
  return decideReturn(ctx, returnId, 'REJECTED', reason);
}

export interface ReceiveReturn {
  idempotencyKey: string;
  returnId: string;
  restock?: boolean | null | undefined;
  lines?: ReceivedLine[] | null | undefined;
  refundShipping?: boolean | null | undefined;
}

/** Notes that an approved return's articles have come back: inventory hears of it, and their price is given back. */
export async function receiveReturn(
  ctx: Context,
  { idempotencyKey: key, ...input }: ReceiveReturn,
): Promise<ReturnResult> {
  requirePermission(ctx.viewer, 'orders:write');
  const { returnId } = input;
  const orderId = await getOrderId(ctx, returnId);
  // The step has the claim's id: a repeat finds it, a receipt under another key does not.
  const isDone = ({ steps }: Order, { stepId }: { stepId: string }): boolean =>
    steps.some((step) => step.id === stepId);
  const start = { stepId: ctx.newId() };
  const change = {
    ...{ operation: 'receiveReturn', key, input: { ...input, orderId } },
    ...({ whose: 'any', start, isDone } as const),
  };
  return changeOnce(ctx, change, async (found, claimed) => {
    const decide = (current: Order): Decision | null => {
      if (isDone(current, claimed)) return null;
      const one = getReturn(current, returnId);
      if (!mayBecome(one, 'RECEIVED')) throw notOpen(one);
      const step = { id: claimed.stepId, at: ctx.clock() };
      const { refundId, ...decision } = withReceipt(current, one, receiptOf(current, one, input), step);
      return refundId === null
        ? decision
        : { ...decision, timers: [firstRefundTimer(ctx, orderId, refundId)] };
    };
    const received = await changeOrder(ctx, orderId, decide, found);
    return resultOf(await trySendRefund(ctx, received, refundIdOf(returnId)), returnId);
  });
}

/** What came: all of it in one condition, or line by line. */
function receiptOf(order: Order, one: Return, input: Omit<ReceiveReturn, 'idempotencyKey'>): Receipt {
  const { restock, lines } = input;
  const refundShipping = input.refundShipping ?? false;
  if (refundShipping && hasShippingBack(order))
    throw new Refused(conflict('SHIPPING_REFUNDED', 'Its shipping has been given back.', ['refundShipping']));
  if ((restock == null) === (lines == null))
    throw new Refused(invalidInput('Say `restock` for all of it, or `lines` for what came.', ['lines']));
  if (restock != null)
    return { lines: one.lines.map((line) => ({ ...line, restocked: restock })), refundShipping };
  const asked = (itemId: string): number => one.lines.find((line) => line.itemId === itemId)?.quantity ?? 0;
  const came = lines ?? [];
  if (!areWithin(order, came, (item) => asked(item.id)))
    throw new Refused(
      invalidInput('The lines name articles of the return, once each, and no more than it has.', ['lines']),
    );
  return {
    lines: came.map(({ itemId, quantity, restocked }) => ({ itemId, quantity, restocked })),
    refundShipping,
  };
}

/** Nobody decided in time: the return is approved. Nobody sent it in time: it ends. */
export async function returnDue(ctx: Context, orderId: string, returnId: string): Promise<void> {
  const order = await readOrder(ctx, orderId);
  const one = order?.returns.find(({ id }) => id === returnId);
  if (one?.status === 'REQUESTED') await decideReturn(ctx, returnId, 'APPROVED', null);
  if (one?.status !== 'APPROVED') return;
  await changeOrder(ctx, orderId, (current) => {
    const now = getReturn(current, returnId);
    if (!mayBecome(now, 'EXPIRED')) return null;
    return { order: withExpiry(current, now, { id: ctx.newId(), at: ctx.clock() }) };
  });
}

/** All returns, the newest first; for staff. */
export async function returns(
  ctx: Context,
  { status = null }: { status?: ReturnStatus | null | undefined },
  parameters: PageArguments,
): Promise<Connection<{ order: Order; returned: Return }>> {
  requirePermission(ctx.viewer, 'orders:read');
  const page = pageOf(parameters, ['id']);
  const rows = await listReturns(ctx.db, status, page);
  const orders = await readOrders(ctx, [...new Set(rows.map(({ orderId }) => orderId))]);
  const found = rows.flatMap(({ id, orderId }) => {
    const order = orders.get(orderId);
    const returned = order?.returns.find((one) => one.id === id);
    return order && returned ? [{ order, returned }] : [];
  });
  return connectionOf(found, page, ({ returned }) => [returned.id]);
}
