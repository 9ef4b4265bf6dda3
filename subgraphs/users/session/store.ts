import type { Role } from '../../shared/viewer.js';
import type { Db } from '../context.js';
import type { EndReason, SessionKind } from './rules.js';

export interface NewSession {
  id: string;
  subjectId: string;
  kind: SessionKind;
  createdAt: Date;
  expiresAt: Date;
  tokenHash: Uint8Array;
  tokenExpiresAt: Date;
}

/** A session with its first refresh token; one statement. */
export async function insertSession(db: Db, session: NewSession): Promise<void> {
  await db.$executeRaw`
    WITH begun AS (
      INSERT INTO session (id, subject_id, kind, created_at, expires_at)
      VALUES (${session.id}::uuid, ${session.subjectId}::uuid, ${session.kind}, ${session.createdAt}::timestamptz,
              ${session.expiresAt}::timestamptz)
    )
    INSERT INTO refresh_token (hash, session_id, issued_at, expires_at)
    VALUES (${session.tokenHash}::bytea, ${session.id}::uuid, ${session.createdAt}::timestamptz,
            ${session.tokenExpiresAt}::timestamptz)`;
}

export interface Rotation {
  tokenHash: Uint8Array;
  nextHash: Uint8Array;
  now: Date;
  nextExpiresAt: Date;
}

export interface RotatedSession {
  id: string;
  kind: SessionKind;
  subjectId: string;
  roles: Role[] | null;
}

/**
 * Spends a token and adds the next one, in one statement: of two that use it at once one gets a row. No token outlives its
 * session, so the token's end is the only one to look at.
 */
export async function rotateRefreshToken(db: Db, rotation: Rotation): Promise<RotatedSession | null> {
  const { tokenHash, nextHash, now, nextExpiresAt } = rotation;
  const rows = await db.$queryRaw<RotatedSession[]>`
    WITH spent AS (
      UPDATE refresh_token t SET used_at = ${now}::timestamptz FROM session s
      WHERE t.hash = ${tokenHash}::bytea AND t.used_at IS NULL AND t.expires_at > ${now}::timestamptz
        AND s.id = t.session_id AND s.ended_at IS NULL
      RETURNING s.id, s.kind, s.subject_id, s.expires_at
    ), next AS (
      INSERT INTO refresh_token (hash, session_id, issued_at, expires_at)
      SELECT ${nextHash}::bytea, id, ${now}::timestamptz, least(${nextExpiresAt}::timestamptz, expires_at) FROM spent
    )
    SELECT s.id, s.kind, s.subject_id AS "subjectId", u.roles
    FROM spent s LEFT JOIN user_account u ON u.id = s.subject_id`;
  return rows[0] ?? null;
}

/** The session that a token would keep alive, if it is unspent and good; the token stays as it is. */
export async function findUnspentToken(
  db: Db,
  tokenHash: Uint8Array,
  now: Date,
): Promise<RotatedSession | null> {
  const rows = await db.$queryRaw<RotatedSession[]>`
    SELECT s.id, s.kind, s.subject_id AS "subjectId", u.roles
    FROM refresh_token t JOIN session s ON s.id = t.session_id LEFT JOIN user_account u ON u.id = s.subject_id
    WHERE t.hash = ${tokenHash}::bytea AND t.used_at IS NULL AND t.expires_at > ${now}::timestamptz
      AND s.ended_at IS NULL`;
  return rows[0] ?? null;
}

export interface SpentToken {
  sessionId: string;
  subjectId: string;
  kind: SessionKind;
  usedAt: Date | null;
  endedAt: Date | null;
}

export async function findRefreshToken(db: Db, tokenHash: Uint8Array): Promise<SpentToken | null> {
  const token = await db.refreshToken.findUnique({
    where: { hash: new Uint8Array(tokenHash) },
    include: { session: true },
  });
  if (!token) return null;
  const { subjectId, kind, endedAt } = token.session;
  return { sessionId: token.sessionId, subjectId, kind: kind as SessionKind, usedAt: token.usedAt, endedAt };
}

/** Ends one session that is open; whether it was. */
export async function endSession(db: Db, id: string, reason: EndReason, now: Date): Promise<boolean> {
  const { count } = await db.session.updateMany({
    where: { id, endedAt: null },
    data: { endedAt: now, endReason: reason },
  });
  return count > 0;
}

/** Ends the open sessions of a guest or user, but for `exceptId`; how many. */
export async function endSessionsOf(
  db: Db,
  subjectId: string,
  reason: EndReason,
  now: Date,
  exceptId?: string | null,
): Promise<number> {
  const { count } = await db.session.updateMany({
    where: { subjectId, endedAt: null, ...(exceptId ? { id: { not: exceptId } } : {}) },
    data: { endedAt: now, endReason: reason },
  });
  return count;
}
