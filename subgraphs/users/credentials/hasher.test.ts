import { expect, test } from '@jest/globals';
import { createPasswordHasher } from './hasher.js';

test('a hash is argon2id with the parameters that were decided, salted, and verifies its password only', async () => {
  const hasher = createPasswordHasher();
  const [one, two] = await Promise.all([hasher.hash('secret'), hasher.hash('secret')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
  expect(await hasher.verify(one, 'secret')).toBe(true);
  expect(await hasher.verify(one, 'Secret')).toBe(false);
  expect(await hasher.verify(null, 'nobody has this password')).toBe(false);
});

test('who would be one too many in the queue is told to come back, and those in it are served', async () => {
  const hasher = createPasswordHasher({ concurrency: 1, queueLimit: 2 });
  const all = await Promise.allSettled([1, 2, 3, 4].map((n) => hasher.hash(`secret ${n}`)));
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  expect(all[3]).toMatchObject({ reason: { extensions: { code: 'RETRY_LATER' } } });
  expect(await hasher.hash('later')).toMatch(/^\$argon2id/);
});
