import { createHash } from 'node:crypto';
import { invalidInput, Refused } from '../../shared/errors.js';
import { event, emit } from '../../shared/events/outbox.js';
import { isId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import { requireCustomer, viewerOf } from '../../shared/viewer.js';
import { recordAudit } from '../audit/service.js';
import type { Context } from '../context.js';
import { invalidCredentials } from '../credentials/rules.js';
import { moveMails } from '../mail/sent.js';
import { GuestOfOrderAccessDocument, MergeGuestCartDocument } from '../operations/orders.generated.js';
import { findCredentials } from '../user/service.js';
import { signAccessToken } from './access-token.js';
import {
  accessTokenMs,
  invalidRefreshToken,
  judgeSpentToken,
  refreshTokenMs,
  sessionMs,
  type EndReason,
  type Session,
  type Subject,
} from './rules.js';
import {
  endSession,
  endSessionsOf,
  findRefreshToken,
  findUnspentToken,
  insertSession,
  rotateRefreshToken,
} from './store.js';

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
const after = (time: Date, ms: number): Date => new Date(time.getTime() + ms);

/** A session that is written, and the token that its next access token is fetched with. */
interface Begun {
  id: string;
  refreshToken: string;
}

/**
 * The session with an access token. In no transaction: the key that signs is read on a connection of its own where it is
 * not in memory, and all who hold one would wait for another.
 */
async function sessionOf(
  ctx: Context,
  subject: Subject,
  { id: sessionId, refreshToken }: Begun,
): Promise<Session> {
  const issuedAt = ctx.clock();
  const expiresAt = after(issuedAt, accessTokenMs);
  const times = { issuedAt, expiresAt };
  const accessToken = await signAccessToken(await ctx.signingKeys.current(), subject, sessionId, times);
  return {
    id: sessionId,
    accessToken,
    expiresAt,
    refreshToken,
    userId: subject.kind === 'user' ? subject.id : null,
  };
}

/** Writes a session that begins; in the caller's transaction, if it has one. */
async function beginSession(ctx: Context, subject: Subject): Promise<Begun> {
  const refreshToken = ctx.newSecret().toString('base64url');
  const now = ctx.clock();
  const id = ctx.newId();
  await insertSession(ctx.db, {
    id,
    subjectId: subject.id,
    kind: subject.kind,
    createdAt: now,
    expiresAt: after(now, sessionMs),
    tokenHash: hashOf(refreshToken),
    tokenExpiresAt: after(now, refreshTokenMs),
  });
  return { id, refreshToken };
}

async function enterAsGuest(ctx: Context, id: string): Promise<{ session: Session }> {
  const guest: Subject = { kind: 'guest', id, roles: [] };
  return { session: await sessionOf(ctx, guest, await beginSession(ctx, guest)) };
}

/** Begins the session of a new guest. */
export const signInAsGuest = (ctx: Context): Promise<{ session: Session }> => enterAsGuest(ctx, ctx.newId());

/** Begins a session of the guest who placed the order that number and token lead to. */
export async function signInToOrder(
  ctx: Context,
  { orderNumber: number, accessToken }: { orderNumber: string; accessToken: string },
): Promise<{ session: Session }> {
  const { guestOfOrderAccess: guestId } = await ctx.call('orders', GuestOfOrderAccessDocument, {
    number,
    accessToken,
  });
  if (!guestId)
    throw new Refused({
      ...invalidInput('Number and token do not lead to an order of a guest (any more).', ['accessToken']),
      code: 'INVALID_ORDER_ACCESS',
    });
  return enterAsGuest(ctx, guestId);
}

/**
 * Begins a user's session in the caller's transaction, and tells it: UserLoggedIn names the guest of the request, whose
 * session ends and whose cart is to join the user's.
 */
async function beginUserSession(ctx: Context, subject: Subject): Promise<Begun> {
  const session = await beginSession(ctx, subject);
  const guestId = ctx.viewer.kind === 'guest' ? ctx.viewer.id : null;
  if (guestId) {
    await endSessionsOf(ctx.db, guestId, 'JOINED_ACCOUNT', ctx.clock());
    await moveMails(ctx.db, guestId, subject.id);
  }
  await recordAudit(ctx, {
    action: 'SIGNED_IN',
    userId: subject.id,
    details: { sessionId: session.id, guestId },
  });
  await emit(ctx, event('UserLoggedIn', subject.id, { userId: subject.id, sessionId: session.id, guestId }));
  return session;
}

/** After the commit: the guest's cart joins the user's, and what is left of the request runs as the user. */
async function becomeUser(ctx: Context, subject: Subject, session: Session): Promise<void> {
  const guestId = ctx.viewer.kind === 'guest' ? ctx.viewer.id : null;
  const claims = { kind: 'user', sub: subject.id, sid: session.id, roles: subject.roles };
  ctx.viewer = viewerOf({ claims, headers: {}, correlationId: ctx.correlationId });
  if (!guestId) return;
  try {
    await ctx.call('orders', MergeGuestCartDocument, { input: { guestId, customerId: subject.id } });
  } catch (error) {
    // Orders does it on UserLoggedIn as well; this call only spares the customer the wait.
    ctx.log.warn(
      { err: error, correlationId: ctx.correlationId },
      "a guest's cart could not be joined at once",
    );
  }
}

/** Signs in somebody who has proved who they are. */
export async function enter(ctx: Context, subject: Subject): Promise<Session> {
  const begun = await transact(ctx, (inner) => beginUserSession(inner, subject));
  const session = await sessionOf(ctx, subject, begun);
  await becomeUser(ctx, subject, session);
  return session;
}

export interface SignInInput {
  email: string;
  password: string;
}

/** Refused with INVALID_CREDENTIALS whichever of the two is wrong, in the same time. */
export async function signIn(
  ctx: Context,
  input: SignInInput,
): Promise<{ userId: string; session: Session }> {
  const account = await findCredentials(ctx, input.email);
  const right = await ctx.hasher.verify(account?.passwordHash, input.password);
  if (!account || !right) {
    // For an unknown address as well: the time that it takes must not tell the two apart.
    await recordAudit(ctx, { action: 'SIGN_IN_FAILED', userId: account?.id ?? null, details: {} });
    throw new Refused(invalidCredentials([]));
  }
  const session = await enter(ctx, { kind: 'user', id: account.id, roles: account.roles });
  return { userId: account.id, session };
}

/**
 * Spends a refresh token for the next one, which token and key determine: a repeat after a lost answer gets the same one,
 * until it is spent itself. A spent token with another key ends its session, since two parties hold it; a twin that was a
 * moment too late is only refused.
 */
export async function refreshSession(
  ctx: Context,
  { refreshToken, idempotencyKey }: { refreshToken: string; idempotencyKey: string },
): Promise<{ session: Session }> {
  const next = ctx.nextRefreshToken(refreshToken, idempotencyKey);
  const now = ctx.clock();
  const rotated =
    (await rotateRefreshToken(ctx.db, {
      tokenHash: hashOf(refreshToken),
      nextHash: hashOf(next),
      now,
      nextExpiresAt: after(now, refreshTokenMs),
    })) ?? (await findUnspentToken(ctx.db, hashOf(next), now));
  if (!rotated) throw new Refused(invalidRefreshToken((await punishReuse(ctx, refreshToken)) === 'twin'));
  const { kind, subjectId, roles } = rotated;
  const subject: Subject = { kind, id: subjectId, roles: roles ?? [] };
  if (kind === 'user') {
    const claims = { kind, sub: subjectId, sid: rotated.id, roles: subject.roles };
    ctx.viewer = viewerOf({ claims, headers: {}, correlationId: ctx.correlationId });
  }
  return { session: await sessionOf(ctx, subject, { id: rotated.id, refreshToken: next }) };
}

async function punishReuse(ctx: Context, refreshToken: string): Promise<'unknown' | 'twin' | 'stolen'> {
  const token = await findRefreshToken(ctx.db, hashOf(refreshToken));
  const now = ctx.clock();
  const verdict = token?.endedAt ? 'unknown' : judgeSpentToken(token?.usedAt, now);
  if (!token || verdict !== 'stolen') return verdict;
  await transact(ctx, async (inner) => {
    if (!(await endSession(inner.db, token.sessionId, 'TOKEN_REUSED', now))) return;
    ctx.log.warn(
      { sessionId: token.sessionId },
      'a refresh token was used twice: its session has been ended',
    );
    if (token.kind !== 'user') return;
    const details = { sessionId: token.sessionId };
    await recordAudit(inner, { action: 'REFRESH_TOKEN_REUSED', userId: token.subjectId, details });
  });
  return verdict;
}

/** Ends the session of the request, or all of the customer's. */
export async function signOut(
  ctx: Context,
  { allSessions }: { allSessions: boolean },
): Promise<{ endedSessionCount: number }> {
  const customerId = requireCustomer(ctx.viewer);
  const { sessionId } = ctx.viewer;
  if (allSessions) return { endedSessionCount: await endSessions(ctx, customerId, 'SIGNED_OUT') };
  if (!sessionId || !isId(sessionId)) return { endedSessionCount: 0 };
  const ended = await endSession(ctx.db, sessionId, 'SIGNED_OUT', ctx.clock());
  return { endedSessionCount: ended ? 1 : 0 };
}

/** Ends the sessions of a guest or user, but for `exceptId`; how many. */
export const endSessions = (
  ctx: Context,
  subjectId: string,
  reason: EndReason,
  exceptId?: string | null,
): Promise<number> => endSessionsOf(ctx.db, subjectId, reason, ctx.clock(), exceptId);
