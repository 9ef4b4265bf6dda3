import { beforeAll, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JSONWebKeySet } from 'jose';
import { createTokenVerifier, rememberVerified } from '../token.js';

interface Key {
  privateKey: CryptoKey;
  jwk: JSONWebKeySet['keys'][number];
}
let old: Key;
let next: Key;

async function createKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' } };
}
beforeAll(async () => {
  [old, next] = await Promise.all([createKey('old'), createKey('next')]);
});

const start = Date.UTC(2026, 0, 1);

interface Changes {
  key?: Key;
  kid?: string;
  issuer?: string;
  audience?: string;
}
const sign = ({ key = old, kid = key.jwk.kid ?? '', issuer = 'users', audience = 'gateway' }: Changes = {}) =>
  new SignJWT({ roles: ['customer'] })
    .setProtectedHeader({ alg: 'EdDSA', ...(kid ? { kid } : {}) })
    .setSubject('u1')
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(start / 1000 + 900)
    .sign(key.privateKey);

/** A verifier whose clock and published keys the test sets. */
function createWorld() {
  const world = { now: start, keys: [old.jwk], fetches: 0, failing: false };
  const clock = () => new Date(world.now);
  const verify = createTokenVerifier({
    jwks: async () => {
      world.fetches += 1;
      if (world.failing) throw new Error('users is down');
      return { keys: world.keys };
    },
    issuer: 'users',
    audience: 'gateway',
    clock,
  });
  return { world, verify, clock };
}

test('a good token gives its claims', async () => {
  const { verify } = createWorld();
  expect(await verify(await sign())).toMatchObject({
    sub: 'u1',
    roles: ['customer'],
    exp: start / 1000 + 900,
  });
});

test.each<[string, () => Promise<string>, string]>([
  ['another issuer', () => sign({ issuer: 'evil' }), 'its claim "iss" is missing or wrong'],
  ['another audience', () => sign({ audience: 'other' }), 'its claim "aud" is missing or wrong'],
  ['a key that only claims to be ours', () => sign({ key: next, kid: 'old' }), 'signature is wrong'],
  ['a key that nobody published', () => sign({ key: next }), 'a key that is not in use'],
  ['no key id', () => sign({ kid: '' }), 'names no key'],
  ['no JWT', async () => 'abc', 'is not a JWT'],
  [
    'a shared secret',
    () => new SignJWT({}).setProtectedHeader({ alg: 'HS256', kid: 'old' }).sign(new Uint8Array(32)),
    'not signed with EdDSA',
  ],
])('a token with %s is invalid and says so', async (_what, token, reason) => {
  const { verify } = createWorld();
  await expect(verify(await token())).rejects.toMatchObject({
    name: 'InvalidTokenError',
    message: expect.stringContaining(reason),
  });
});

test('an expired token says when it expired', async () => {
  const { world, verify } = createWorld();
  world.now = start + 901_000;
  await expect(verify(await sign())).rejects.toMatchObject({
    name: 'InvalidTokenError',
    message: expect.stringContaining('expired at 2026-01-01T00:15:00.000Z'),
  });
});

test('a new key is fetched, but unknown keys do not make a flood of fetches', async () => {
  const { world, verify } = createWorld();
  await verify(await sign());
  world.keys = [old.jwk, next.jwk];
  const token = await sign({ key: next });
  await expect(verify(token)).rejects.toThrow('a key that is not in use');
  expect(world.fetches).toBe(1);
  world.now += 30_000;
  await Promise.all([verify(token), verify(token)]);
  expect(world.fetches).toBe(2);
});

test('keys that cannot be fetched are not the token’s fault, and known ones stay in use', async () => {
  const { world, verify } = createWorld();
  world.failing = true;
  await expect(verify(await sign())).rejects.toThrow('users is down');
  world.failing = false;
  await verify(await sign());
  world.failing = true;
  world.now += 30_000;
  await expect(verify(await sign({ key: next }))).rejects.toThrow('a key that is not in use');
  await verify(await sign());
});

test('a verified token is remembered until it expires', async () => {
  const { world, verify, clock } = createWorld();
  let verified = 0;
  const remembered = rememberVerified((token) => {
    verified += 1;
    return verify(token);
  }, clock);
  const token = await sign();
  await remembered(token);
  await remembered(token);
  expect(verified).toBe(1);
  world.now = start + 901_000;
  await expect(remembered(token)).rejects.toThrow('expired');
  expect(verified).toBe(2);
});
