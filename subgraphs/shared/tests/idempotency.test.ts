import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Refused, conflict, type UserError } from '../errors.js';
import { Undecided, claimOnce, forgetKeys, idempotent } from '../idempotency.js';
import { transact } from '../transaction.js';
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

/** Work that leaves a trace in the database, and refuses after it while `refusal` says so. */
const trace = 'trace-of-idempotency';
const working = (refusal: () => Refused | null) => async (context: Foundation['context']) => {
  await context.db.eventSubscription.create({ data: { consumer: trace, eventType: context.newId() } });
  const refused = refusal();
  if (refused) throw refused;
  return { n: 1 };
};
const traces = (): Promise<number> => foundation.db.eventSubscription.count({ where: { consumer: trace } });

/** What the call is refused with; its outcome when it is not. */
const answerTo = (key: string, refusal: () => Refused | null, input?: unknown): Promise<unknown> =>
  idempotent(foundation.context, call(key, input), working(refusal)).then(
    ({ outcome }) => outcome,
    (error: unknown) => (error instanceof Refused ? error.userErrors : Promise.reject(error)),
  );

const never = (): null => null;

test('what was refused stays refused under its key, with all its facts, also when the cause is gone', async () => {
  const errors: UserError[] = [
    {
      ...conflict('PRICE_CHANGED', 'no', ['lines', '0']),
      __typename: 'PriceChangedError',
      price: { amount: 12n, currencyCode: 'EUR' },
      until: new Date('2026-11-21T10:00:00.000Z'),
      left: null,
      count: 3,
    },
    conflict('OTHER', 'no'),
  ];
  const before = await traces();
  expect(await answerTo('refused', () => new Refused(...errors))).toEqual(errors);
  expect(await answerTo('refused', never)).toEqual(errors);
  expect(await traces()).toBe(before);
  await expect(answerTo('refused', never, { a: 2 })).rejects.toMatchObject({
    extensions: { code: 'IDEMPOTENCY_KEY_REUSED' },
  });
  expect(await answerTo('a new key', never)).toEqual({ n: 1 });
  expect(await traces()).toBe(before + 1);
});

test('twins: the first is refused, the one that waited goes through, and both are answered as what was stored', async () => {
  const before = await traces();
  let runs = 0;
  const onlyFirst = (): Refused | null => ((runs += 1) === 1 ? new Refused(conflict('NO', 'no')) : null);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => answerTo('twins, one refused', onlyFirst)),
  );
  answers.push(await answerTo('twins, one refused', never));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  // Whichever was stored first: the refusal, or the outcome of the twin that came in between.
  const made = (await traces()) - before;
  expect(answers[0]).toEqual(made === 1 ? { n: 1 } : [conflict('NO', 'no')]);
  expect(made).toBeLessThanOrEqual(1);
});

test.each<[string, () => Refused | null, unknown]>([
  ['goes through', never, { n: 1 }],
  ['is refused otherwise', () => new Refused(conflict('LATER', 'no')), [conflict('LATER', 'no')]],
])(
  'a twin that comes between a rollback and its note, and %s, decides for both',
  async (how, twin, expected) => {
    const { context, db } = foundation;
    const slow = new Proxy(db, {
      get: (target, name) =>
        name !== '$transaction'
          ? (Reflect.get(target, name) as unknown)
          : async (...transaction: Parameters<typeof db.$transaction>): Promise<unknown> => {
              try {
                return await target.$transaction(...transaction);
              } catch (error) {
                expect(await answerTo(how, twin)).toEqual(expected);
                throw error;
              }
            },
    });
    const first = idempotent({ ...context, db: slow }, call(how), async () => {
      throw new Refused(conflict('FIRST', 'no'));
    });
    const answer = await first.then(
      (result) => result,
      (error: unknown) => (error as Refused).userErrors,
    );
    expect(answer).toEqual(Array.isArray(expected) ? expected : { outcome: expected, repeated: true });
  },
);

test('what decides nothing, and what breaks, leaves the key free and nothing behind', async () => {
  const before = await traces();
  const tryAgain = conflict('BUSY', 'try again');
  expect(await answerTo('free', () => new Undecided(tryAgain))).toEqual([tryAgain]);
  await expect(
    answerTo('free', () => {
      throw new Error('broken');
    }),
  ).rejects.toThrow('broken');
  expect(await traces()).toBe(before);
  expect(await answerTo('free', never)).toEqual({ n: 1 });
});

test('inside a transaction, where a refusal could not be stored, nothing is begun', async () => {
  await expect(
    transact(foundation.context, (inner) => idempotent(inner, call('inner'), async () => ({ n: 1 }))),
  ).rejects.toThrow('doIt stands in a transaction');
});

test('the keys of deleted persons go, those of refusals too, and no others', async () => {
  const refused = { ...call('person'), owner: 'gone' };
  await expect(
    idempotent(foundation.context, refused, async () => {
      throw new Refused(conflict('NO', 'no'));
    }),
  ).rejects.toThrow('no');
  await idempotent(foundation.context, { ...call('person'), owner: 'here' }, async () => ({ n: 1 }));
  await forgetKeys(foundation.db, ['gone']);
  await forgetKeys(foundation.db, ['gone']);
  const left = await foundation.db.idempotencyKey.findMany({ where: { key: 'person' } });
  expect(left.map((row) => row.owner)).toEqual(['here']);
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
