import type { Context } from '../context.js';
import { forgetOldVelocity } from '../risk/service.js';
import { reconcile } from './service.js';

/** Timer, once an hour: compares payments with the provider, and forgets what no risk rule counts any more. */
export async function Reconcile(ctx: Context): Promise<void> {
  await forgetOldVelocity(ctx);
  await reconcile(ctx);
}
