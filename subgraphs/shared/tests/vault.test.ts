import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { idempotent } from '../idempotency.js';
import { recordStatements } from '../db.js';
import { transact } from '../transaction.js';
import { createVault, open, seal, type Vault } from '../vault.js';
import { createFoundation, type Foundation } from './foundation.js';

let foundation: Foundation;
let vault: Vault;
const newVault = (schema = 'orders'): Vault =>
  createVault({ masterKey: foundation.parts.config.masterKey, clock: foundation.parts.clock, schema });
beforeAll(async () => {
  foundation = await createFoundation();
  vault = newVault();
});
afterAll(() => foundation.close());

const place = { table: 'order', column: 'email', row: '1' };

test('a sealed text opens only with its key, at its place', async () => {
  const key = await vault.ensureKey(foundation.db, foundation.parts.newId());
  const other = await vault.ensureKey(foundation.db, foundation.parts.newId());
  const sealed = seal(key, place, 'ann@example.com');
  expect(Buffer.from(sealed).includes('ann')).toBe(false);
  expect(open(key, place, sealed)).toBe('ann@example.com');
  expect(() => open(other, place, sealed)).toThrow();
  for (const moved of [{ row: '2' }, { column: 'phone' }, { table: 'cart' }]) {
    expect(() => open(key, { ...place, ...moved }, sealed)).toThrow();
  }
  const flipped = Uint8Array.from(sealed);
  flipped[20] = (flipped[20] ?? 0) ^ 1;
  expect(() => open(key, place, flipped)).toThrow();
});

test('a subject has one key, also when two make it at once, and it outlives the process', async () => {
  const subject = foundation.parts.newId();
  const [one, two] = await Promise.all([
    vault.ensureKey(foundation.db, subject),
    newVault().ensureKey(foundation.db, subject),
  ]);
  expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
  expect(
    (await newVault().findKeys(foundation.db, [subject])).get(subject)?.equals(one ?? Buffer.alloc(0)),
  ).toBe(true);
});

test('a destroyed key is gone, and what it sealed with it', async () => {
  const subject = foundation.parts.newId();
  const sealed = seal(await vault.ensureKey(foundation.db, subject), place, 'secret');
  const call = { operation: 'saveAddress', key: 'k', input: { line1: 'Kai 1' } };
  await idempotent(foundation.context, { ...call, owner: subject }, async () => ({}));
  await idempotent(foundation.context, { ...call, owner: 'another' }, async () => ({}));
  await vault.destroyKey(foundation.db, subject);
  const left = await foundation.db.idempotencyKey.findMany({ select: { owner: true } });
  expect(left).toEqual([{ owner: 'another' }]);
  expect((await vault.findKeys(foundation.db, [subject])).size).toBe(0);
  const next = await vault.ensureKey(foundation.db, subject);
  expect(() => open(next, place, sealed)).toThrow();
});

const statementsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const stop = recordStatements();
  await work();
  return stop().length;
};

test('a key is made once, and then known in the process until it is destroyed', async () => {
  const subject = foundation.parts.newId();
  const ensure = (): Promise<unknown> => vault.ensureKey(foundation.db, subject);
  expect([await statementsOf(ensure), await statementsOf(ensure)]).toEqual([1, 0]);
  await vault.destroyKey(foundation.db, subject);
  expect(await statementsOf(ensure)).toBe(1);
});

test('a key that a transaction made is not known after its rollback', async () => {
  const subject = foundation.parts.newId();
  const undone = transact(foundation.context, async (inner) => {
    await vault.ensureKey(inner.db, subject);
    await vault.findKeys(inner.db, [subject]);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  expect((await vault.findKeys(foundation.db, [subject])).size).toBe(0);
});

test('who reads a key while its destruction commits does not keep it', async () => {
  const subject = foundation.parts.newId();
  await vault.ensureKey(foundation.db, subject);
  await transact(foundation.context, async (inner) => {
    await vault.destroyKey(inner.db, subject);
    // Another request, which does not see what has not committed.
    expect((await vault.findKeys(foundation.db, [subject])).size).toBe(1);
  });
  expect((await vault.findKeys(foundation.db, [subject])).size).toBe(0);
});

test("one schema's wrapped keys are of no use in another", async () => {
  const subject = foundation.parts.newId();
  await vault.ensureKey(foundation.db, subject);
  await expect(newVault('payments').findKeys(foundation.db, [subject])).rejects.toThrow();
});

test('a blind index finds equal texts and tells nothing else', () => {
  const index = (purpose: string, text: string): string =>
    Buffer.from(vault.blindIndex(purpose, text)).toString('hex');
  expect(index('email', 'a@example.com')).toBe(index('email', 'a@example.com'));
  expect(index('email', 'a@example.com')).not.toBe(index('phone', 'a@example.com'));
});
