/** An account's beginning and end: what touches user, credentials and session at once. */
import { Refused } from '../../shared/errors.js';
import { emit, event } from '../../shared/events/outbox.js';
import { transact } from '../../shared/transaction.js';
import { requireUser, type Role } from '../../shared/viewer.js';
import { recordAudit } from '../audit/service.js';
import type { Context } from '../context.js';
import { invalidCredentials, passwordErrors } from '../credentials/rules.js';
import type { Session } from '../session/rules.js';
import { becomeUser, beginUserSession, endSessions } from '../session/service.js';
import { fieldErrors, heldRoles, initialPreferences } from '../user/rules.js';
import { addUser, eraseUser, findCredentials, findOwnCredentials } from '../user/service.js';

export interface AccountInput {
  email: string;
  username: string;
  firstName: string;
  lastName: string;
  locale?: string | null | undefined;
}

interface NewAccount extends AccountInput {
  password: string | null;
  roles: readonly Role[];
}

function check(ctx: Context, { password, ...account }: NewAccount): void {
  const errors = fieldErrors(account, ctx.clock().toISOString().slice(0, 10));
  const names = [account.username, account.email.split('@')[0] ?? ''];
  if (password !== null) errors.push(...passwordErrors(password, names, 'password'));
  if (errors.length > 0) throw new Refused(...errors);
}

/** Adds the account and tells it, in the caller's transaction. */
async function add(
  ctx: Context,
  account: NewAccount,
  id: string,
  passwordHash: string | null,
): Promise<void> {
  const locale = account.locale ?? ctx.locale;
  await addUser(ctx, {
    id,
    passwordHash,
    locale,
    email: account.email.trim(),
    username: account.username,
    firstName: account.firstName.trim(),
    lastName: account.lastName.trim(),
    phone: null,
    dateOfBirth: null,
    avatarUrl: null,
    currencyCode: ctx.currencyCode,
    preferences: initialPreferences,
    roles: heldRoles(account.roles),
    createdAt: ctx.clock(),
  });
  await recordAudit(ctx, { action: 'REGISTERED', userId: id, details: { roles: heldRoles(account.roles) } });
  await emit(ctx, event('UserRegistered', id, { userId: id, locale }));
}

/** Makes an account and signs it in. */
export async function register(
  ctx: Context,
  input: AccountInput & { password: string },
): Promise<{ userId: string; session: Session }> {
  const account = { ...input, roles: [] };
  check(ctx, account);
  const passwordHash = await ctx.hasher.hash(input.password);
  const userId = ctx.newId();
  const subject = { kind: 'user' as const, id: userId, roles: heldRoles([]) };
  const session = await transact(ctx, async (inner) => {
    await add(inner, account, userId, passwordHash);
    return beginUserSession(inner, subject);
  });
  await becomeUser(ctx, subject, session);
  return { userId, session };
}

/** For imports and the demonstration; an account that has the address is left as it is. */
export async function createUser(
  ctx: Context,
  input: AccountInput & { password?: string | null | undefined; roles: readonly Role[] },
): Promise<{ userId: string; created: boolean }> {
  const existing = await findCredentials(ctx, input.email);
  if (existing) return { userId: existing.id, created: false };
  const account = { ...input, password: input.password ?? null };
  check(ctx, account);
  const passwordHash = account.password === null ? null : await ctx.hasher.hash(account.password);
  const userId = ctx.newId();
  try {
    await transact(ctx, (inner) => add(inner, account, userId, passwordHash));
  } catch (error) {
    // A twin was first.
    const twin = error instanceof Refused ? await findCredentials(ctx, input.email) : null;
    if (twin) return { userId: twin.id, created: false };
    throw error;
  }
  return { userId, created: true };
}

/** Ends the viewer's account for ever: its key is destroyed here now, and everywhere else on UserDeleted. */
export async function deleteMyAccount(
  ctx: Context,
  { password }: { password: string },
): Promise<{ deletedUserId: string }> {
  const userId = requireUser(ctx.viewer);
  const credentials = await findOwnCredentials(ctx);
  if (!(await ctx.hasher.verify(credentials?.passwordHash, password))) {
    throw new Refused(invalidCredentials(['password']));
  }
  await transact(ctx, async (inner) => {
    if (!(await eraseUser(inner, userId))) return; // a twin was first
    await endSessions(inner, userId, 'ACCOUNT_DELETED');
    await recordAudit(inner, { action: 'ACCOUNT_DELETED', userId, details: {} });
    await emit(inner, event('UserDeleted', userId, { userId }));
  });
  return { deletedUserId: userId };
}
