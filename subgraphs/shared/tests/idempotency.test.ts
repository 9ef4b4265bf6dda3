import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Refused, invalidInput } from '../errors.js';
import { claimOnce, idempotent } from '../idempotency.js';
import { createFoundation, type Foundation } from './foundation.js';

let foundation: Foundation;
beforeAll(async () => {
  foundation = await createFoundation();
});
afterAll(() => foundation.close());

const call = (key: string, input: unknown = { a: 1, b: [1n] }) => ({
  owner: 'someone',
  operation: 'doIt',
  key,
  input,
});

test('eight twins at once and a repeat run the work once and get one outcome', async () => {
  let runs = 0;
  const work = async (): Promise<{ run: number }> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { run: (runs += 1) };
  };
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => idempotent(foundation.context, call('twins'), work)),
  );
  answers.push(await idempotent(foundation.context, call('twins', { b: [1n], a: 1 }), work));
  expect(runs).toBe(1);
  expect(answers.map((answer) => answer.outcome)).toEqual(answers.map(() => ({ run: 1 })));
  expect(answers.filter((answer) => !answer.repeated)).toHaveLength(1);
});

test('a key with another input is refused, of another owner it is another key', async () => {
  await idempotent(foundation.context, call('mine'), async () => ({ n: 1 }));
  await expect(
    idempotent(foundation.context, call('mine', { a: 2 }), async () => ({ n: 2 })),
  ).rejects.toMatchObject({
    extensions: { code: 'IDEMPOTENCY_KEY_REUSED' },
  });
  const other = await idempotent(
    foundation.context,
    { ...call('mine', { a: 2 }), owner: 'other' },
    async () => ({ n: 3 }),
  );
  expect(other).toEqual({ outcome: { n: 3 }, repeated: false });
});

test('what was refused leaves the key free', async () => {
  await expect(
    idempotent(foundation.context, call('again'), async () => {
      throw new Refused(invalidInput('no', ['a']));
    }),
  ).rejects.toThrow('no');
  expect(await idempotent(foundation.context, call('again'), async () => ({ n: 1 }))).toEqual({
    outcome: { n: 1 },
    repeated: false,
  });
});

test('a claim gives every twin the ids of the first', async () => {
  const claims = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      claimOnce(foundation.context, call('claim'), { orderId: `order ${i}` }),
    ),
  );
  expect(new Set(claims.map((one) => one.start.orderId)).size).toBe(1);
  expect(claims.filter((one) => !one.repeated)).toHaveLength(1);
  await expect(claimOnce(foundation.context, call('claim', 'else'), { orderId: 'x' })).rejects.toMatchObject({
    extensions: { code: 'IDEMPOTENCY_KEY_REUSED' },
  });
});
