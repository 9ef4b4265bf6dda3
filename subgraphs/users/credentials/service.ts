import { Refused } from '../../shared/errors.js';
import { transact } from '../../shared/transaction.js';
import { requireUser } from '../../shared/viewer.js';
import { recordAudit } from '../audit/service.js';
import type { Context } from '../context.js';
import { endSessions } from '../session/service.js';
import type { User } from '../user/rules.js';
import { changePasswordHash, findOwnCredentials, me } from '../user/service.js';
import { invalidCredentials, passwordErrors } from './rules.js';

/**
 * Sets the viewer's password and ends their other sessions: whoever knew the old one is out. A repeat finds the new one in
 * force and is answered as the first was; nothing happens again.
 */
export async function changePassword(
  ctx: Context,
  input: { currentPassword: string; newPassword: string },
): Promise<{ user: User | null }> {
  const id = requireUser(ctx.viewer);
  const credentials = await findOwnCredentials(ctx);
  const current = credentials?.passwordHash;
  const right = await ctx.hasher.verify(current, input.currentPassword);
  const changed = right && current != null && (await replace(ctx, id, current, input.newPassword));
  if (!changed && !(await isInForce(ctx, input.newPassword))) {
    throw new Refused(invalidCredentials(['currentPassword']));
  }
  return { user: await ctx.loaders.userById.clear(id).load(id) };
}

/** Whether the password was still `current`; not when a twin was first. */
async function replace(ctx: Context, id: string, current: string, newPassword: string): Promise<boolean> {
  const owner = await me(ctx);
  const names = [owner?.username ?? '', owner?.email.split('@')[0] ?? ''];
  const errors = passwordErrors(newPassword, names, 'newPassword');
  if (errors.length > 0) throw new Refused(...errors);
  const passwordHash = await ctx.hasher.hash(newPassword);
  return transact(ctx, async (inner) => {
    if (!(await changePasswordHash(inner, id, current, passwordHash))) return false;
    await endSessions(inner, id, 'PASSWORD_CHANGED', inner.viewer.sessionId);
    await recordAudit(inner, { action: 'PASSWORD_CHANGED', userId: id, details: {} });
    return true;
  });
}

async function isInForce(ctx: Context, password: string): Promise<boolean> {
  const credentials = await findOwnCredentials(ctx);
  return ctx.hasher.verify(credentials?.passwordHash, password);
}
