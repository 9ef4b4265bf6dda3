/**
 * A product's revision counts every change that search shows: a document made of an older one is outdated. The product's
 * row is also the lock under which its variants and prices change.
 */
import { event, emit } from '../../shared/events/outbox.js';
import type { Context } from '../context.js';
import * as store from './store.js';

/** Locks products until the transaction ends. */
export const lockProducts = (ctx: Context, ids: readonly string[]): Promise<void> =>
  store.lockProducts(ctx.db, ids);

/** For changes that have an event of their own. */
export const raiseRevisions = (ctx: Context, ids: readonly string[]): Promise<void> =>
  store.raiseRevisions(ctx.db, ids);

/** Tells of a new or changed product; its revision has been raised by who wrote it. */
export const emitProductChanged = (ctx: Context, productId: string): Promise<void> =>
  emit(ctx, event('ProductChanged', productId, { productId }));
