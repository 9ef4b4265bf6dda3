import { Refused, type UserError } from '../../shared/errors.js';
import { claimReading, noteRefusal, Undecided } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import type { Context } from '../context.js';
import type { Order } from './rules.js';
import { permitted, type Whose } from './service.js';
import { findOrderClaiming } from './store.js';

export interface KeyedChange<Start> {
  operation: string;
  key: string;
  input: { orderId: string };
  whose: Whose;
  /** The ids that the work uses. */
  start: Start;
  /** Whether the work has been done on the order as it is. */
  isDone?: (order: Order, start: Start) => boolean;
}

/**
 * Changes an order under an idempotency key, which is claimed as the order is read. Repeats and twins run the same `work`
 * with the ids of the first. A refusal is stored and answered to every repeat, unless the work `isDone` after all, by a
 * twin that came later; `Undecided` stores nothing, and the same call may try again.
 */
export async function changeOnce<Start extends object, T>(
  ctx: Context,
  { operation, key, input, whose, start, isDone }: KeyedChange<Start>,
  work: (order: Order, start: Start, repeated: boolean) => Promise<T>,
): Promise<T> {
  const call = { owner: ctx.viewer.id ?? '', operation, key, input };
  const id = isId(input.orderId) ? input.orderId : null;
  const claim = await claimReading<Start & { refused?: UserError[] }, Order | null>(ctx, call, start, (row) =>
    findOrderClaiming(ctx.db, id, row),
  );
  const { found, repeated } = claim;
  const { refused } = claim.start;
  if (refused && !(found && isDone?.(found, claim.start))) throw new Refused(...refused);
  try {
    return await work(permitted(ctx, found, whose), claim.start, repeated);
  } catch (error) {
    if (error instanceof Refused && !(error instanceof Undecided))
      await noteRefusal(ctx.db, call, error.userErrors);
    throw error;
  }
}
