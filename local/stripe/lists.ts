// Stripe's lists: newest first, a page at a time, by the id of a neighbour.
import type { z } from 'zod';
import { invalidRequest, referenceMissing } from './errors.js';
import { integer, text } from './params.js';

export const pageParams = {
  limit: integer.optional(),
  starting_after: text.optional(),
  ending_before: text.optional(),
};

export type PageParams = z.infer<z.ZodObject<typeof pageParams>>;

/** One page of rows that are given oldest first. */
export function pageOf<R extends { id: string }>(rows: readonly R[], page: PageParams, url: string) {
  const limit = page.limit ?? 10;
  if (limit < 1 || limit > 100) {
    throw invalidRequest('This value must be between 1 and 100.', {
      param: 'limit',
      code: 'parameter_invalid_integer',
    });
  }
  const newestFirst = rows.toReversed();
  const before = page.ending_before;
  const neighbour = page.starting_after ?? before;
  const at = neighbour === undefined ? -1 : newestFirst.findIndex((row) => row.id === neighbour);
  if (neighbour !== undefined && at < 0) {
    throw referenceMissing('object', neighbour, before === undefined ? 'starting_after' : 'ending_before');
  }
  const backwards = before !== undefined && page.starting_after === undefined;
  const candidates = backwards ? newestFirst.slice(0, at) : newestFirst.slice(at + 1);
  const data = backwards ? candidates.slice(-limit) : candidates.slice(0, limit);
  return { object: 'list' as const, url, has_more: candidates.length > limit, data };
}
