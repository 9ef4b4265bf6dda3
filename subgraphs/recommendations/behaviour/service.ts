import type { EventOf } from '../../shared/events/catalogue.js';
import { Refused, withUserErrors, type Payload } from '../../shared/errors.js';
import { schedule } from '../../shared/events/timers.js';
import { transact } from '../../shared/transaction.js';
import { seal } from '../../shared/vault.js';
import { requireCustomer } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { basketItemsOf, problemsOf, purchaseId, type Behaviour, type TrackedEvent } from './rules.js';
import { eraseBehaviour, findErased, insertBehaviour, insertJoins, type Join } from './store.js';

/** Names of the consumer and its timer: part of rows in the inbox, so never rename them. */
export const behaviourConsumerName = 'behaviour';
export const eraseAgain = 'EraseBehaviour';

/** Longer than any statement that noted behaviour may still be under way when a user is deleted. */
const eraseAgainAfterMs = 60_000;

const record = (ctx: Context, behaviours: readonly Behaviour[]): Promise<number> =>
  insertBehaviour(ctx.db, behaviours, basketItemsOf(behaviours));

/** Notes what the viewer did, all of it or nothing; events that are known already are passed over. */
export function trackEvents(
  ctx: Context,
  { events }: { events: readonly TrackedEvent[] },
): Promise<Payload<{ recordedCount: number }>> {
  return withUserErrors(async () => {
    const subjectId = requireCustomer(ctx.viewer);
    const now = ctx.clock();
    const problems = problemsOf(events, now);
    if (problems.length > 0) throw new Refused(...problems);
    return transact(ctx, async (inner) => {
      const searches = events.some(({ query }) => query != null);
      // A deleted user's token lives on for minutes: no new key for who has been forgotten.
      if (searches && (await findErased(inner.db, [subjectId])).length > 0) return { recordedCount: 0 };
      const key = searches ? await inner.vault.ensureKey(inner.db, subjectId) : undefined;
      const behaviours = events.map(({ id, query, productId, occurredAt, ...event }): Behaviour => {
        const place = { table: 'behaviour_event', column: 'query', row: id };
        return {
          ...event,
          subjectId,
          eventId: id,
          productId: productId ?? null,
          ...(key && query != null ? { query: seal(key, place, query) } : {}),
          // A clock that is ahead must not make things look newer than new.
          occurredAt: occurredAt < now ? occurredAt : now,
        };
      });
      return { recordedCount: await record(inner, behaviours) };
    });
  });
}

/** Paid orders: each product of an order once, however many variants of it, as bought when the order was placed. */
export async function recordPurchases(ctx: Context, orders: EventOf<'OrderPaid'>[]): Promise<void> {
  const purchases = new Map<string, Behaviour & { quantity: number }>();
  for (const { payload, occurredAt } of orders) {
    for (const { productId, quantity } of payload.lines) {
      const eventId = purchaseId(payload.orderId, productId);
      const known = purchases.get(eventId);
      purchases.set(eventId, {
        subjectId: payload.customerId,
        eventId,
        type: 'PURCHASE',
        productId,
        orderId: payload.orderId,
        quantity: quantity + (known?.quantity ?? 0),
        occurredAt: payload.placedAt === undefined ? occurredAt : new Date(payload.placedAt),
      });
    }
  }
  await record(ctx, [...purchases.values()]);
}

/** Products put into a cart or taken out of it. */
export async function recordCartChanges(
  ctx: Context,
  changes: EventOf<'ProductAddedToCart' | 'ProductRemovedFromCart'>[],
): Promise<void> {
  const behaviours = changes.map(({ id, type, payload, occurredAt }): Behaviour => ({
    subjectId: payload.customerId,
    eventId: id,
    type: type === 'ProductAddedToCart' ? 'ADD_TO_CART' : 'REMOVE_FROM_CART',
    productId: payload.productId,
    quantity: payload.quantity,
    occurredAt,
  }));
  await record(ctx, behaviours);
}

/** Guests who signed in: what they did counts as the user's from now on, also what arrives later. */
export async function joinGuests(ctx: Context, joins: readonly Join[]): Promise<void> {
  if (joins.length === 0) return;
  await transact(ctx, async (inner) => {
    await insertJoins(inner.db, joins);
    const erased = await findErased(
      inner.db,
      joins.map(({ customerId }) => customerId),
    );
    await eraseCustomers(inner, erased);
  });
}

/** Forgets users and the guests that they were; once more a little later, for what was being noted at that moment. */
export async function forgetCustomers(ctx: Context, customerIds: readonly string[]): Promise<void> {
  await transact(ctx, async (inner) => {
    await eraseCustomers(inner, customerIds);
    const runAt = new Date(inner.clock().getTime() + eraseAgainAfterMs);
    const timers = [...new Set(customerIds)].map((aggregateId) => ({
      consumer: behaviourConsumerName,
      type: eraseAgain,
      aggregateId,
      runAt,
    }));
    await schedule(inner, ...timers);
  });
}

/** Deletes what was noted of users and their guests, and the keys of what copies of it there may be. */
export async function eraseCustomers(ctx: Context, customerIds: readonly string[]): Promise<void> {
  if (customerIds.length === 0) return;
  const subjectIds = await eraseBehaviour(ctx.db, customerIds, ctx.clock());
  for (const subjectId of subjectIds) await ctx.vault.destroyKey(ctx.db, subjectId);
}
