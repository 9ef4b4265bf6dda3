import { badInput } from '../../shared/errors.js';
import { emit, event } from '../../shared/events/outbox.js';
import { forgetKeys } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { mergeCarts } from '../cart/service.js';
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
  return transact(ctx, async (inner) => {
    const keys = await inner.vault.findKeys(inner.db, [guestId]);
    const guestKey = keys.get(guestId) ?? null;
    const customerKey = await inner.vault.ensureKey(inner.db, customerId);
    const cart = await mergeCarts(inner, guestId, customerId, (from, to) =>
      sealDelivery(
        customerKey,
        { table: 'cart', id: to.id },
        openDelivery(guestKey, { table: 'cart', id: from.id }, from.sealed),
      ),
    );
    const moved = await takeOrdersOf(inner, guestId, customerId, (order) => {
      const row = { table: 'orders', id: order.id } as const;
      const sealed = guestKey
        ? sealDelivery(customerKey, row, openDelivery(guestKey, row, order.sealed))
        : order.sealed;
      const notes = guestKey
        ? order.notes.map((note) => resealNote(note, guestKey, customerKey))
        : order.notes;
      return { ...order, sealed: sealed as typeof order.sealed, notes };
    });
    await takeRedemptionsOf(inner, guestId, customerId);
    await emit(inner, ...moved.map((orderId) => event('OrderUpdated', orderId, { orderId, customerId })));
    return { cartId: cart?.id ?? null };
  });
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
