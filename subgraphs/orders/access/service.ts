import { createHash } from 'node:crypto';
import { badInput, conflict, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { isOrderNumber } from '../order/number.js';
import type { Order } from '../order/rules.js';
import { getOrderToChange, readOrder } from '../order/service.js';
import { isToken, mayHaveAccess, mostTokens, tokenBytes } from './rules.js';
import { deleteAccesses, findAccess, insertAccess } from './store.js';

const hashOf = (token: string): Uint8Array => new Uint8Array(createHash('sha256').update(token).digest());

/** A new token for a guest's order; null for a customer's. Undefined where there is no such order. */
async function issue(ctx: Context, orderId: string): Promise<string | null | undefined> {
  const token = Buffer.from(ctx.random(tokenBytes)).toString('base64url');
  const at = ctx.clock();
  const expiresAt = new Date(at.getTime() + ctx.config.orders.guestAccessMs);
  const isGuests = await insertAccess(ctx.db, { orderId, hash: hashOf(token), at, expiresAt }, mostTokens);
  return isGuests ? token : isGuests === null ? undefined : null;
}

/** A new token for a mail to a guest; null for a customer's order. Others stay. For services only (policy.ts). */
export async function issueOrderAccess(ctx: Context, orderId: string): Promise<string | null> {
  const token = isId(orderId) ? await issue(ctx, orderId) : undefined;
  if (token === undefined) throw badInput('There is no such order.', ['orderId']);
  return token;
}

/** The guest whose order of that number the token leads to; null where it leads nowhere. For services only (policy.ts). */
export async function guestOfOrderAccess(
  ctx: Context,
  { number, accessToken }: { number: string; accessToken: string },
): Promise<string | null> {
  if (!isOrderNumber(number) || !isToken(accessToken)) return null;
  const orderId = await findAccess(ctx.db, number, hashOf(accessToken), ctx.clock());
  const order = orderId === null ? null : await readOrder(ctx, orderId);
  // One that a customer took over by signing in is reached by signing in.
  return order && mayHaveAccess(order) ? order.customerId : null;
}

export interface RotatedAccess {
  order: Order;
  accessToken: string | null;
}

/** Ends all tokens that were sent. The guest gets a new one; staff, who call when a link got into wrong hands, none. */
export async function rotateOrderAccess(
  ctx: Context,
  { orderId }: { orderId: string },
): Promise<RotatedAccess> {
  const order = await getOrderToChange(ctx, orderId, 'own or staff');
  if (!mayHaveAccess(order))
    throw new Refused(
      conflict('NOT_A_GUEST', 'Its customer has an account: signing in leads to it.', ['orderId']),
    );
  const isOwn = ctx.viewer.id === order.customerId;
  const accessToken = await transact(ctx, async (inner) => {
    await deleteAccesses(inner.db, order.id);
    return isOwn ? ((await issue(inner, order.id)) ?? null) : null;
  });
  return { order, accessToken };
}
