import { notFound, Refused, withUserErrors, type Payload } from '../../shared/errors.js';
import { idempotent } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { maySee, requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { problemsOf, type Account } from './rules.js';
import { eraseAccounts, insertEntries } from './store.js';

/** The account of a user; null for what the viewer may not see. */
export async function __name__Account(ctx: Context, userId: string): Promise<Account | null> {
  if (!isId(userId) || !maySee(ctx.viewer, userId, 'users:read')) return null;
  return ctx.loaders.accountByUser.load(userId);
}

export interface Add__Name__EntryInput {
  idempotencyKey: string;
  userId: string;
  amount: number;
}

/** Adds to a user's balance, once per idempotency key. */
export function add__Name__Entry(
  ctx: Context,
  { idempotencyKey, ...input }: Add__Name__EntryInput,
): Promise<Payload<{ account: Account }>> {
  requirePermission(ctx.viewer, 'users:write');
  return withUserErrors(async () => {
    const { userId, amount } = input;
    const call = { owner: ctx.viewer.id ?? '', operation: 'add__Name__Entry', key: idempotencyKey, input };
    await idempotent(ctx, call, async (inner) => {
      const problems = problemsOf(amount);
      if (problems.length > 0) throw new Refused(...problems);
      if (!isId(userId)) throw new Refused(notFound('user', ['userId']));
      const entry = { id: inner.newId(), userId, amount, occurredAt: inner.clock() };
      if ((await insertEntries(inner.db, [entry])) === 0) throw new Refused(notFound('user', ['userId']));
      return { entryId: entry.id };
    });
    return { account: await ctx.loaders.accountByUser.load(userId) };
  });
}

/** Forgets deleted users. */
export const forgetUsers = (ctx: Context, userIds: readonly string[]): Promise<void> =>
  eraseAccounts(ctx.db, userIds, ctx.clock());
