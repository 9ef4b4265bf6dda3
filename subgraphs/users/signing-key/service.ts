/** Keys of access tokens: made at the first start, kept with their private part sealed, the same in every process. */
import { createPrivateKey, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Clock } from '../../shared/clock.js';
import { open, seal, type Place } from '../../shared/vault.js';
import type { Db } from '../context.js';
import { accessTokenMs } from '../session/rules.js';
import { insertSigningKey, readSigningKeys, type StoredSigningKey } from './store.js';

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

export interface SigningKeys {
  /** The key that signs now. */
  current(): Promise<SigningKey>;
  /** JWKs of all keys whose tokens may still be valid. */
  publicKeys(): Promise<Record<string, unknown>[]>;
}

/** Another process may have retired the key: it is read anew after this long. */
const cacheMs = 60_000;

const placeOf = (kid: string): Place => ({ table: 'signing_key', column: 'private_key', row: kid });

export interface SigningKeysOptions {
  db: Db;
  /** 32 bytes. */
  masterKey: Buffer;
  clock: Clock;
}

export function createSigningKeys({ db, masterKey, clock }: SigningKeysOptions): SigningKeys {
  const wrappingKey = Buffer.from(hkdfSync('sha256', masterKey, '', 'hanse/signing-keys', 32));

  const read = (): Promise<StoredSigningKey[]> =>
    readSigningKeys(db, new Date(clock().getTime() - accessTokenMs - cacheMs));

  async function make(): Promise<void> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const jwk = publicKey.export({ format: 'jwk' }) as JWK;
    const kid = await calculateJwkThumbprint(jwk);
    const sealed = seal(wrappingKey, placeOf(kid), JSON.stringify(privateKey.export({ format: 'jwk' })));
    const published = { ...jwk, kid, alg: 'EdDSA', use: 'sig' };
    await insertSigningKey(db, { kid, publicKey: published, privateKey: sealed }, clock());
  }

  async function load(): Promise<SigningKey> {
    let [key] = await read();
    if (!key || key.retiredAt) {
      await make();
      [key] = await read();
    }
    if (!key) throw new Error('There is no signing key, and none could be made.');
    const jwk = JSON.parse(open(wrappingKey, placeOf(key.kid), key.privateKey)) as JWK;
    return { kid: key.kid, privateKey: createPrivateKey({ format: 'jwk', key: jwk }) };
  }

  let loaded: Promise<SigningKey> | undefined;
  let loadedAt = 0;
  const current = (): Promise<SigningKey> => {
    const now = clock().getTime();
    if (loaded && now - loadedAt < cacheMs) return loaded;
    loadedAt = now;
    const loading = load();
    loading.catch(() => {
      if (loaded === loading) loaded = undefined;
    });
    return (loaded = loading);
  };

  return {
    current,
    publicKeys: async () => {
      await current();
      return (await read()).map((key) => key.publicKey);
    },
  };
}
