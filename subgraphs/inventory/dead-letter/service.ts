import { badInput } from '../../shared/errors.js';
import { listDeadLetters, retryDeadLetters, type DeadLetter } from '../../shared/events/dead-letters.js';
import { maxPageSize, type Connection, type PageArguments } from '../../shared/pages.js';
import type { Context } from '../context.js';

export const deadLetters = (ctx: Context, parameters: PageArguments): Promise<Connection<DeadLetter>> =>
  listDeadLetters(ctx, parameters);

/** At most 100 at once. */
export async function retry(
  ctx: Context,
  ids: readonly string[],
): Promise<{ retriedIds: string[]; userErrors: [] }> {
  if (ids.length > maxPageSize) throw badInput(`ids must be at most ${maxPageSize}.`, ['ids']);
  return { retriedIds: await retryDeadLetters(ctx, 'inventory', ids), userErrors: [] };
}
