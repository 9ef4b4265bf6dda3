import { conflict, notFound, Refused, versionConflict } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { transact } from '../../shared/transaction.js';
import { maySee, requirePermission, requireUser, type Role } from '../../shared/viewer.js';
import { recordAudit } from '../audit/service.js';
import type { Context } from '../context.js';
import { fieldErrors, heldRoles, type FieldChanges, type Preferences, type User } from './rules.js';
import { emailIndexOf } from './sealed.js';
import {
  findCredentialsByEmail,
  findCredentialsById,
  findTaken,
  forgetUser,
  insertUser,
  lockAdmins,
  readUserPage,
  replacePasswordHash,
  updateUser,
  type Credentials,
  type NewUser,
  type UserChanges,
} from './store.js';

/** The user who is signed in. */
export async function me(ctx: Context): Promise<User | null> {
  const { kind, id } = ctx.viewer;
  return kind === 'user' && id ? ctx.loaders.userById.load(id) : null;
}

/** Null also where the viewer may not know. */
export async function user(ctx: Context, id: string): Promise<User | null> {
  return maySee(ctx.viewer, id, 'users:read') ? ctx.loaders.userById.load(id) : null;
}

export async function users(
  ctx: Context,
  parameters: PageArguments & { email?: string | null | undefined },
): Promise<Connection<User>> {
  requirePermission(ctx.viewer, 'users:read');
  const page = pageOf(parameters, ['time', 'id']);
  const found = await readUserPage(ctx.db, ctx.vault, parameters.email ?? null, page);
  for (const one of found) ctx.loaders.userById.prime(one.id, one);
  return connectionOf(found, page, (one) => [one.createdAt.toISOString(), one.id]);
}

/** What proves who somebody is; for the services of sessions and credentials. */
export const findCredentials = (ctx: Context, email: string): Promise<Credentials | null> =>
  findCredentialsByEmail(ctx.db, ctx.vault, email);

/** The user who is signed in, as `findCredentials`; an UNAUTHENTICATED error when there is none. */
export async function findOwnCredentials(ctx: Context): Promise<Credentials | null> {
  return findCredentialsById(ctx.db, requireUser(ctx.viewer));
}

const taken = {
  email: conflict('EMAIL_TAKEN', 'There is an account with this address already: sign in.', ['email']),
  username: conflict('USERNAME_TAKEN', 'This username is taken.', ['username']),
};

/** Adds an account, in the caller's transaction, and gives it; refused when address or username are taken. */
export async function addUser(ctx: Context, account: NewUser): Promise<User> {
  if (await insertUser(ctx.db, ctx.vault, account)) {
    const { passwordHash: _hash, ...fields } = account;
    return { ...fields, roles: [...fields.roles], version: 1, updatedAt: fields.createdAt };
  }
  const both = await findTaken(ctx.db, ctx.vault, account);
  throw new Refused(
    ...(['email', 'username'] as const).filter((name) => both[name]).map((name) => taken[name]),
  );
}

type WriteChanges = UserChanges & { expectedVersion?: number | null };

/** Writes changes to an account and gives it as it is then; refused as unknown when it is gone. */
export async function changeUser(ctx: Context, id: string, changes: WriteChanges): Promise<User> {
  const { expectedVersion, ...columns } = changes;
  const written = await updateUser(ctx.db, ctx.vault, id, columns, ctx.clock(), expectedVersion);
  const changed = await ctx.loaders.userById.clear(id).load(id);
  if (!changed) throw new Refused(notFound('user', ['userId']));
  if (!written) throw new Refused(versionConflict(expectedVersion ?? 0, changed.version));
  return changed;
}

/** Sets a user's password hash where it still is `from`, in the caller's transaction; whether it was. */
export const changePasswordHash = (ctx: Context, id: string, from: string, to: string): Promise<boolean> =>
  replacePasswordHash(ctx.db, id, { from, to }, ctx.clock());

/** The owner of the idempotency keys that come with registrations of this address: nobody has an id yet. */
export const registrationOwner = (ctx: Context, email: string): string =>
  Buffer.from(emailIndexOf(ctx.vault, email)).toString('hex');

export interface ProfileInput {
  expectedVersion?: number | null | undefined;
  username?: string | null | undefined;
  firstName?: string | null | undefined;
  lastName?: string | null | undefined;
  phone?: string | null | undefined;
  dateOfBirth?: string | null | undefined;
  avatarUrl?: URL | string | null | undefined;
  locale?: string | null | undefined;
  currencyCode?: string | null | undefined;
}

/** Null and absent are the same where a field cannot be empty. */
const given = <Key extends string>(
  key: Key,
  value: string | null | undefined,
): Partial<Record<Key, string>> => (value == null ? {} : ({ [key]: value.trim() } as Record<Key, string>));

/** Changes the viewer's own profile. */
export async function updateProfile(ctx: Context, input: ProfileInput): Promise<{ user: User }> {
  const id = requireUser(ctx.viewer);
  const changes: UserChanges & FieldChanges = {
    ...given('username', input.username),
    ...given('firstName', input.firstName),
    ...given('lastName', input.lastName),
    ...given('locale', input.locale),
    ...given('currencyCode', input.currencyCode),
    ...(input.phone === undefined ? {} : { phone: input.phone }),
    ...(input.dateOfBirth === undefined ? {} : { dateOfBirth: input.dateOfBirth }),
    ...(input.avatarUrl === undefined ? {} : { avatarUrl: input.avatarUrl && String(input.avatarUrl) }),
  };
  const errors = fieldErrors(changes, ctx.clock().toISOString().slice(0, 10));
  if (errors.length > 0) throw new Refused(...errors);
  const { username } = changes;
  const isTaken = async (): Promise<boolean> =>
    username !== undefined && (await findTaken(ctx.db, ctx.vault, { username }, id)).username;
  if (await isTaken()) throw new Refused(taken.username);
  try {
    const { expectedVersion } = input;
    return {
      user: await changeUser(ctx, id, {
        ...changes,
        ...(expectedVersion == null ? {} : { expectedVersion }),
      }),
    };
  } catch (error) {
    // Somebody took the name in between: the unique index has said so.
    if (!(error instanceof Refused) && (await isTaken())) throw new Refused(taken.username);
    throw error;
  }
}

export type PreferencesInput = { [Name in keyof Preferences]?: Preferences[Name] | null | undefined };

/** Changes the viewer's own preferences. */
export async function updatePreferences(ctx: Context, input: PreferencesInput): Promise<{ user: User }> {
  const preferences = Object.fromEntries(Object.entries(input).filter(([, value]) => value != null));
  return { user: await changeUser(ctx, requireUser(ctx.viewer), { preferences }) };
}

const lastAdmin = (): Refused =>
  new Refused(conflict('LAST_ADMIN', 'Nobody would be left who can assign roles: make another admin first.'));

/** Staff with users:write: gives a user exactly these roles (and that of a customer). */
export async function assignRoles(
  ctx: Context,
  input: { userId: string; roles: readonly Role[] },
): Promise<{ user: User }> {
  requirePermission(ctx.viewer, 'users:write');
  const { userId } = input;
  if (!isId(userId)) throw new Refused(notFound('user', ['userId']));
  const assigned = heldRoles(input.roles);
  await transact(ctx, async (inner) => {
    const admins = await lockAdmins(inner.db);
    const before = await findCredentialsById(inner.db, userId);
    if (!before) throw new Refused(notFound('user', ['userId']));
    if (admins.length === 1 && admins[0] === userId && !assigned.includes('admin')) throw lastAdmin();
    await updateUser(inner.db, inner.vault, userId, { roles: assigned }, inner.clock());
    const details = { before: before.roles, after: assigned };
    await recordAudit(inner, { action: 'ROLES_ASSIGNED', userId, details });
  });
  const changed = await ctx.loaders.userById.clear(userId).load(userId);
  if (!changed) throw new Refused(notFound('user', ['userId']));
  return { user: changed };
}

/** Empties an account and destroys its key, in the caller's transaction; refused for the last admin. */
export async function eraseUser(ctx: Context, id: string): Promise<boolean> {
  const admins = await lockAdmins(ctx.db);
  if (admins.length === 1 && admins[0] === id) throw lastAdmin();
  return forgetUser(ctx.db, ctx.vault, id, ctx.clock());
}
