/** An account's beginning and end: what touches user, credentials and session at once. */
import { Refused } from '../../shared/errors.js';
import { emit, event } from '../../shared/events/outbox.js';
import { idempotent, keyReused } from '../../shared/idempotency.js';
import { transact } from '../../shared/transaction.js';
import { requirePermission, requireUser, type Role } from '../../shared/viewer.js';
import { recordAudit } from '../audit/service.js';
import type { Context } from '../context.js';
import { invalidCredentials, passwordErrors } from '../credentials/rules.js';
import type { Session } from '../session/rules.js';
import { endSessions, enter, signIn } from '../session/service.js';
import { derivedUsername, fieldErrors, heldRoles, initialPreferences, type User } from '../user/rules.js';
import {
  addUser,
  eraseUser,
  findCredentials,
  findOwnCredentials,
  registrationOwner,
} from '../user/service.js';

export interface AccountInput {
  email: string;
  username: string;
  firstName: string;
  lastName: string;
  locale?: string | null | undefined;
}

interface NewAccount extends AccountInput {
  id: string;
  password: string | null;
  roles: readonly Role[];
  /** Not by the user, who then did not choose language and currency with the request. */
  madeByOthers: boolean;
}

function check(ctx: Context, { password, ...account }: NewAccount): void {
  const errors = fieldErrors(account, ctx.clock().toISOString().slice(0, 10));
  const names = [account.username, account.email.split('@')[0] ?? ''];
  if (password !== null) errors.push(...passwordErrors(password, names, 'password'));
  if (errors.length > 0) throw new Refused(...errors);
}

/** Adds the account and tells it, in the caller's transaction. */
async function add(ctx: Context, account: NewAccount, passwordHash: string | null): Promise<User> {
  const { id, madeByOthers } = account;
  const { locale, currencyCode } = madeByOthers ? ctx.config.shop : ctx;
  const user = await addUser(ctx, {
    id,
    passwordHash,
    locale: account.locale ?? locale,
    email: account.email.trim(),
    username: account.username,
    firstName: account.firstName.trim(),
    lastName: account.lastName.trim(),
    phone: null,
    dateOfBirth: null,
    avatarUrl: null,
    currencyCode,
    preferences: initialPreferences,
    roles: heldRoles(account.roles),
    createdAt: ctx.clock(),
  });
  const action = madeByOthers ? 'ACCOUNT_CREATED' : 'REGISTERED';
  await recordAudit(ctx, { action, userId: id, details: { roles: user.roles } });
  const facts = { userId: id, locale: user.locale, ...(madeByOthers ? { madeByOthers } : {}) };
  await emit(ctx, event('UserRegistered', id, facts));
  return user;
}

export interface RegisterInput extends AccountInput {
  idempotencyKey: string;
  password: string;
}

/**
 * Makes an account, once per key and address, and signs it in. A repeat with the same input is signed in anew. Whether the
 * password is the same is asked of the stored hash: noted is a keyed hash of all else.
 */
export async function register(
  ctx: Context,
  { idempotencyKey: key, ...input }: RegisterInput,
): Promise<{ userId: string; session: Session }> {
  const { email, username, firstName, lastName, locale = null } = input;
  const account = { ...input, id: ctx.newId(), roles: [], madeByOthers: false };
  check(ctx, account);
  const passwordHash = await ctx.hasher.hash(input.password);
  const facts = JSON.stringify([email, username, firstName, lastName, locale]);
  const noted = Buffer.from(ctx.vault.blindIndex('register', facts)).toString('hex');
  const call = { owner: registrationOwner(ctx, email), operation: 'register', key, input: noted };
  const { repeated } = await idempotent(ctx, call, async (inner) => {
    const { id } = await add(inner, account, passwordHash);
    return { userId: id };
  });
  if (repeated) return signInAgain(ctx, input);
  const session = await enter(ctx, { kind: 'user', id: account.id, roles: heldRoles([]) });
  return { userId: account.id, session };
}

/** For who sends a registration again: another password makes it another registration. */
async function signInAgain(ctx: Context, input: { email: string; password: string }) {
  try {
    return await signIn(ctx, input);
  } catch (error) {
    throw error instanceof Refused ? keyReused('register') : error;
  }
}

export interface CreateUserInput extends Omit<AccountInput, 'username'> {
  /** Derived when absent. */
  username?: string | null | undefined;
  /** Without one nobody can sign in to the account. */
  password?: string | null | undefined;
  roles: readonly Role[];
}

/** For imports and the demonstration; an account that has the address is left as it is. */
export async function createUser(
  ctx: Context,
  input: CreateUserInput,
): Promise<{ userId: string; created: boolean }> {
  const existing = await findCredentials(ctx, input.email);
  if (existing) return { userId: existing.id, created: false };
  const id = ctx.newId();
  const { password = null, username } = input;
  const account = { ...input, id, password, username: username ?? derivedUsername(id), madeByOthers: true };
  check(ctx, account);
  const passwordHash = password === null ? null : await ctx.hasher.hash(password);
  try {
    const user = await transact(ctx, (inner) => add(inner, account, passwordHash));
    ctx.loaders.userById.prime(id, user); // it need not be read and opened again
  } catch (error) {
    // A twin was first.
    const twin = error instanceof Refused ? await findCredentials(ctx, input.email) : null;
    if (twin) return { userId: twin.id, created: false };
    throw error;
  }
  return { userId: id, created: true };
}

/** Staff with users:write: `createUser` for a customer, without a password or roles. */
export async function createCustomer(
  ctx: Context,
  input: Omit<CreateUserInput, 'password' | 'roles'>,
): Promise<{ userId: string; created: boolean }> {
  requirePermission(ctx.viewer, 'users:write');
  return createUser(ctx, { ...input, roles: [] });
}

/**
 * Ends the viewer's account for ever: its key is destroyed here now, and everywhere else on UserDeleted. A repeat, with an
 * access token that outlives the account, is answered as the first was.
 */
export async function deleteMyAccount(
  ctx: Context,
  { password }: { password: string },
): Promise<{ deletedUserId: string }> {
  const userId = requireUser(ctx.viewer);
  const credentials = await findOwnCredentials(ctx);
  if (!credentials) return { deletedUserId: userId };
  if (!(await ctx.hasher.verify(credentials.passwordHash, password))) {
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
