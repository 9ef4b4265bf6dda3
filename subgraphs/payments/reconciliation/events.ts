import type { Context } from '../context.js';
import { endListEntries } from '../risk-list/service.js';
import { forgetOldVelocity } from '../risk/service.js';
import { reconcile } from './service.js';

/** Timer, once an hour: compares payments with the provider, forgets what no risk rule counts any more, and ends entries of its lists. */
export async function Reconcile(ctx: Context): Promise<void> {
  await forgetOldVelocity(ctx);
  await endListEntries(ctx);
  await reconcile(ctx);
}
