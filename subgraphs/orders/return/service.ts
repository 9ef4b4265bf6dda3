import { conflict, invalidInput, notFound, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { requirePermission } from '../../shared/viewer.js';
import { areOf, type LineQuantity } from '../cancellation/rules.js';
import type { Context } from '../context.js';
import { writeNote } from '../note/service.js';
import { changeOnce } from '../order/once.js';
import type { Order, Return, ReturnReason } from '../order/rules.js';
import { changeOrder, type Decision } from '../order/service.js';
import { firstRefundTimer, trySendRefund } from '../refund/service.js';
import {
  areReturnable,
  mayBecome,
  refundIdOf,
  withDecision,
  withReceipt,
  withReturn,
  type Changed,
} from './rules.js';
import { findOrderIdOfReturn } from './store.js';

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
      const asked = { id: claimed.returnId, lines: input.lines, reason: input.reason };
      return withNote(withReturn(current, asked, ctx.clock()), input.comment, false);
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
): Promise<ReturnResult> {
  const order = await changeOrder(ctx, await getOrderId(ctx, returnId), (current) => {
    const one = getReturn(current, returnId);
    if (one.status === status) return null;
    if (!mayBecome(one, status)) throw notOpen(one);
    const step = { id: ctx.newId(), at: ctx.clock() };
    return withNote(withDecision(current, one, status, step), words, true);
  });
  return resultOf(order, returnId);
}

/** Lets the customer send the articles back; a second time changes nothing. */
export async function approveReturn(ctx: Context, { returnId }: { returnId: string }): Promise<ReturnResult> {
  requirePermission(ctx.viewer, 'orders:write');
  return decideReturn(ctx, returnId, 'APPROVED', null);
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
  restock: boolean;
}

/** Notes that an approved return's articles have come back: inventory hears of it, and their price is given back. */
export async function receiveReturn(
  ctx: Context,
  { idempotencyKey: key, ...input }: ReceiveReturn,
): Promise<ReturnResult> {
  requirePermission(ctx.viewer, 'orders:write');
  const { returnId, restock } = input;
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
      const { refundId, ...decision } = withReceipt(current, one, restock, step);
      return refundId === null
        ? decision
        : { ...decision, timers: [firstRefundTimer(ctx, orderId, refundId)] };
    };
    const received = await changeOrder(ctx, orderId, decide, found);
    return resultOf(await trySendRefund(ctx, received, refundIdOf(returnId)), returnId);
  });
}
