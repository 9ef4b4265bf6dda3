import type { Prisma } from '../prisma.generated/client.js';
import type { Db } from '../context.js';

export interface StoredSigningKey {
  kid: string;
  publicKey: Record<string, unknown>;
  /** Sealed JWK. */
  privateKey: Uint8Array;
  retiredAt: Date | null;
}

/** The key in use and those retired after `since`, the key in use first. */
export async function readSigningKeys(db: Db, since: Date): Promise<StoredSigningKey[]> {
  const keys = await db.signingKey.findMany({
    where: { OR: [{ retiredAt: null }, { retiredAt: { gt: since } }] },
    orderBy: { retiredAt: { sort: 'desc', nulls: 'first' } },
  });
  return keys.map((key) => ({ ...key, publicKey: key.publicKey as Record<string, unknown> }));
}

/** Adds a key unless there is one in use already: of processes that start at once one wins. */
export async function insertSigningKey(
  db: Db,
  key: Omit<StoredSigningKey, 'retiredAt'>,
  createdAt: Date,
): Promise<void> {
  await db.signingKey.createMany({
    data: {
      ...key,
      publicKey: key.publicKey as Prisma.InputJsonObject,
      privateKey: new Uint8Array(key.privateKey),
      createdAt,
    },
    skipDuplicates: true,
  });
}
