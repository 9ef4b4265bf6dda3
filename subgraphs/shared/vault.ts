/**
 * Personal data at rest: AES-256-GCM with a key per data subject (customer or guest), bound to table, column and row.
 * Subject keys are wrapped by a master key and kept in each schema that holds such data; destroying one makes all that
 * it sealed unreadable for ever.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.js';
import type { Sql } from './db.js';
import { isTransaction } from './transaction.js';

/** Where a sealed text stands. A ciphertext that is moved elsewhere does not open. */
export interface Place {
  table: string;
  column: string;
  row: string;
}

export type SubjectKey = Buffer;

const nonceBytes = 12;
const tagBytes = 16;

function encrypt(key: Buffer, text: Buffer, bound: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound));
  return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Uint8Array, bound: string): Buffer {
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes)).setAAD(
    Buffer.from(bound),
  );
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
}

const boundTo = ({ table, column, row }: Place): string => `${table}\u0000${column}\u0000${row}`;

/** Seals `text` for the column that `place` names. */
export const seal = (key: SubjectKey, place: Place, text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(encrypt(key, Buffer.from(text), boundTo(place)));

/** The text again; throws where key or place are others. */
export const open = (key: SubjectKey, place: Place, sealed: Uint8Array): string =>
  decrypt(key, sealed, boundTo(place)).toString();

export interface Vault {
  /** Keys of those of `subjectIds` that have one here; one statement for those not known yet. */
  findKeys(db: Sql, subjectIds: readonly string[]): Promise<Map<string, SubjectKey>>;
  /** The subject's key in this schema, made when there is none yet. */
  ensureKey(db: Sql, subjectId: string): Promise<SubjectKey>;
  /** Makes everything sealed for the subject in this schema unreadable, and forgets the hashes of what they sent. */
  destroyKey(db: Sql, subjectId: string): Promise<void>;
  /** For look-up by a personal value: the same text gives the same bytes, which do not tell it. */
  blindIndex(purpose: string, text: string): Uint8Array<ArrayBuffer>;
}

export interface VaultOptions {
  /** 32 bytes. */
  masterKey: Buffer;
  clock: Clock;
  /** Part of what a wrapped key is bound to, so that one schema's keys are of no use in another. */
  schema: string;
}

/** Unwrapped keys are kept for a minute at most: a deletion elsewhere takes effect by then without a message. */
const cacheMs = 60_000;

export function createVault({ masterKey, clock, schema }: VaultOptions): Vault {
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', masterKey, '', `hanse/${purpose}`, 32));
  const wrappingKey = derive('subject-keys');
  const indexKey = derive('blind-index');
  const masterKeyId = derive('master-key-id').toString('hex').slice(0, 16);
  const cache = new LRUCache<string, SubjectKey>({ max: 10_000, ttl: cacheMs });
  // Who read a key just before it was destroyed must not put it back.
  const destroyed = new LRUCache<string, true>({ max: 10_000, ttl: cacheMs });
  /** Not what a transaction reads or makes: it may yet be rolled back, and the key with it. */
  const keep = (db: Sql, subjectId: string, key: SubjectKey): SubjectKey => {
    if (!isTransaction(db) && !destroyed.has(subjectId)) cache.set(subjectId, key);
    return key;
  };

  const wrapping = (subjectId: string): string => `${schema}\u0000${subjectId}`;
  const unwrap = (subjectId: string, wrapped: Uint8Array): SubjectKey =>
    decrypt(wrappingKey, wrapped, wrapping(subjectId));

  const findKeys: Vault['findKeys'] = async (db, subjectIds) => {
    const keys = new Map<string, SubjectKey>();
    const unknown: string[] = [];
    for (const id of new Set(subjectIds)) {
      const key = cache.get(id);
      if (key) keys.set(id, key);
      else unknown.push(id);
    }
    if (unknown.length === 0) return keys;
    const rows = await db.$queryRaw<{ subject_id: string; wrapped: Uint8Array }[]>`
      SELECT subject_id, wrapped FROM subject_key WHERE subject_id = ANY(${unknown}::uuid[])`;
    for (const row of rows) {
      keys.set(row.subject_id, keep(db, row.subject_id, unwrap(row.subject_id, row.wrapped)));
    }
    return keys;
  };

  return {
    findKeys,
    ensureKey: async (db, subjectId) => {
      const known = cache.get(subjectId);
      if (known) return known;
      const wrapped = new Uint8Array(encrypt(wrappingKey, randomBytes(32), wrapping(subjectId)));
      // Its own row comes back unless a twin was first: then the update that changes nothing brings the twin's.
      const rows = await db.$queryRaw<{ wrapped: Uint8Array }[]>`
        INSERT INTO subject_key (subject_id, wrapped, master_key_id, created_at)
        VALUES (${subjectId}::uuid, ${wrapped}::bytea, ${masterKeyId}, ${clock()}::timestamptz)
        ON CONFLICT (subject_id) DO UPDATE SET subject_id = excluded.subject_id
        RETURNING wrapped`;
      return keep(db, subjectId, unwrap(subjectId, rows[0]?.wrapped ?? wrapped));
    },
    destroyKey: async (db, subjectId) => {
      destroyed.set(subjectId, true);
      cache.delete(subjectId);
      await db.$executeRaw`
        WITH forgotten AS (DELETE FROM idempotency_key WHERE owner = ${subjectId})
        DELETE FROM subject_key WHERE subject_id = ${subjectId}::uuid`;
    },
    blindIndex: (purpose, text) =>
      new Uint8Array(createHmac('sha256', indexKey).update(`${purpose}\u0000${text}`).digest()),
  };
}
