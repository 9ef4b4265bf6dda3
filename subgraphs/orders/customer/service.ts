import { badInput } from '../../shared/errors.js';
import { emit, event } from '../../shared/events/outbox.js';
import { forgetKeys } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { mergeCarts, pricesForMerge } from '../cart/service.js';
import type { Context } from '../context.js';
import { openDelivery, sealDelivery } from '../order/address.js';
import { takeOrdersOf } from '../order/service.js';
import { resealNote } from '../note/service.js';
import { takeRedemptionsOf } from '../promotion/service.js';
import { forgetKeysAbout } from './store.js';

/**
 * Gives a guest's cart and orders to the customer that the guest signed in as; their personal data are sealed with the
 * customer's key from then on. A second time there is nothing left to give.
 */
export async function mergeGuestCart(
  ctx: Context,
  { guestId, customerId }: { guestId: string; customerId: string },
): Promise<{ cartId: string | null }> {
  if (!isId(guestId) || !isId(customerId)) throw badInput('guestId and customerId are ids of ours.');
  if (guestId === customerId) return { cartId: null };
  for (let attempt = 1; attempt <= mergeAttempts; attempt += 1) {
    // Outside of the transaction, since it may ask catalog; what changes in between is asked for again.
    const prices = await pricesForMerge(ctx, guestId, customerId);
    const merged = await transact(ctx, (inner) => takeAllOf(inner, { guestId, customerId }, prices));
    if (merged) return merged;
  }
  throw new Error(`The cart of ${guestId} changed again and again while its prices were asked for.`);
}

const mergeAttempts = 5;

/** Gives the customer all that the guest has; null, and nothing given, where `prices` lacks an article. */
async function takeAllOf(
  inner: Context,
  parties: { guestId: string; customerId: string },
  prices: Awaited<ReturnType<typeof pricesForMerge>>,
): Promise<{ cartId: string | null } | null> {
  const { guestId, customerId } = parties;
  const keys = await inner.vault.findKeys(inner.db, [guestId]);
  const guestKey = keys.get(guestId) ?? null;
  const customerKey = await inner.vault.ensureKey(inner.db, customerId);
  const { cart, outdated } = await mergeCarts(inner, parties, prices, (from, to) =>
    sealDelivery(
      customerKey,
      { table: 'cart', id: to.id },
      openDelivery(guestKey, { table: 'cart', id: from.id }, from.sealed),
    ),
  );
  if (outdated) return null;
  const moved = await takeOrdersOf(inner, guestId, customerId, (order) => {
    const row = { table: 'orders', id: order.id } as const;
    const sealed = guestKey
      ? sealDelivery(customerKey, row, openDelivery(guestKey, row, order.sealed))
      : order.sealed;
    const notes = guestKey ? order.notes.map((note) => resealNote(note, guestKey, customerKey)) : order.notes;
    return { ...order, sealed: sealed as typeof order.sealed, notes };
  });
  await takeRedemptionsOf(inner, guestId, customerId);
  await emit(inner, ...moved.map((orderId) => event('OrderUpdated', orderId, { orderId, customerId })));
  return { cartId: cart?.id ?? null };
}

/**
 * Makes a deleted customer's personal data unreadable, and forgets the hashes of them under idempotency keys, the customer's
 * and staff's. Orders themselves are kept, as the law wants.
 */
export async function forgetCustomer(ctx: Context, customerId: string): Promise<void> {
  await transact(ctx, async ({ db, vault }) => {
    await vault.destroyKey(db, customerId);
    await forgetKeys(db, [customerId]);
    await forgetKeysAbout(db, customerId);
  });
}
