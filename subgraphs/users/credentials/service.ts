import { Refused } from '../../shared/errors.js';
import { transact } from '../../shared/transaction.js';
import { requireUser } from '../../shared/viewer.js';
import { recordAudit } from '../audit/service.js';
import type { Context } from '../context.js';
import { endSessions } from '../session/service.js';
import type { User } from '../user/rules.js';
import { findOwnCredentials, me, savePasswordHash } from '../user/service.js';
import { invalidCredentials, passwordErrors } from './rules.js';

/** Sets the viewer's password and ends their other sessions: whoever knew the old one is out. */
export async function changePassword(
  ctx: Context,
  input: { currentPassword: string; newPassword: string },
): Promise<{ user: User | null }> {
  const id = requireUser(ctx.viewer);
  const credentials = await findOwnCredentials(ctx);
  if (!(await ctx.hasher.verify(credentials?.passwordHash, input.currentPassword))) {
    throw new Refused(invalidCredentials(['currentPassword']));
  }
  const owner = await me(ctx);
  const names = [owner?.username ?? '', owner?.email.split('@')[0] ?? ''];
  const errors = passwordErrors(input.newPassword, names, 'newPassword');
  if (errors.length > 0) throw new Refused(...errors);
  const passwordHash = await ctx.hasher.hash(input.newPassword);
  await transact(ctx, async (inner) => {
    await savePasswordHash(inner, id, passwordHash);
    await endSessions(inner, id, 'PASSWORD_CHANGED', inner.viewer.sessionId);
    await recordAudit(inner, { action: 'PASSWORD_CHANGED', userId: id, details: {} });
  });
  return { user: await ctx.loaders.userById.clear(id).load(id) };
}
