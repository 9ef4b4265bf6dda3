import type { Context } from '../context.js';
import { reconcile } from './service.js';

/** Timer, once an hour: compares payments with the provider. */
export async function Reconcile(ctx: Context): Promise<void> {
  await reconcile(ctx);
}
