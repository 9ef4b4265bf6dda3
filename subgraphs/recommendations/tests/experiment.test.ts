/** Experiments with lists: staff run them, visitors see their arm's list. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { recordStatements } from '../../shared/db.js';
import type { UserError } from '../../shared/errors.js';
import { armOf, type Arm, type Draft, type Experiment } from '../experiment/rules.js';
import { createSetting, fields, type Recommended, type Setting } from './setting.js';

/** Each test in a shop of its own: only one experiment of a list runs in a shop. */
let shop: Setting;
const shops: Setting[] = [];
const open = async (): Promise<void> => {
  shop = await createSetting();
  shops.push(shop);
};
beforeAll(open);
afterAll(async () => {
  for (const one of shops) await one.close();
});

const staff = staffCaller('merchandiser');
const facts = 'id name slot status arms { name strategy share } startedAt endedAt';

interface Answer {
  experiment: Experiment | null;
  userErrors: UserError[];
}

async function call(name: string, input: object, caller: Caller = staff): Promise<Answer> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) {
    answer: ${name}(input: $input) { experiment { ${facts} } userErrors { code field } }
  }`;
  return (await shop.ask<{ answer: Answer }>(caller, query, { input })).answer;
}

const control: Arm = { name: 'control', strategy: 'RELATED', share: 50 };
const newest: Arm = { name: 'newest-first', strategy: 'NEWEST', share: 50 };
const forYou: Arm[] = [
  { name: 'control', strategy: 'HISTORY', share: 99 },
  { name: 'popular', strategy: 'POPULAR', share: 1 },
];
const draft: Draft = { name: 'Is new better?', slot: 'RELATED', arms: [control, newest] };

const create = async (more: Partial<Draft> = {}): Promise<string> => {
  const input = { idempotencyKey: randomUUID(), ...draft, ...more };
  return (await call('createExperiment', input)).experiment?.id ?? '';
};
const start = (experimentId: string) => call('startExperiment', { experimentId });
const end = (experimentId: string) => call('endExperiment', { experimentId });

type Told = Recommended & { experimentArm: string | null };

async function listOf(caller: Caller, type: 'Product' | 'User', field: string, id: string): Promise<Told[]> {
  const told = fields.replace('algorithm', 'algorithm experimentArm');
  const answer = await shop.ask<{ _entities: { list: Told[] }[] }>(
    caller,
    `query ($of: [_Any!]!) {
      _entities(representations: $of) { ... on ${type} { list: ${field} ${told} } }
    }`,
    { of: [{ __typename: type, id }] },
  );
  return answer._entities[0]?.list ?? [];
}
const related = (caller: Caller, id: string) => listOf(caller, 'Product', 'related', id);
const brief = (list: Told[]) =>
  list.map(({ product, algorithm, experimentArm }) => [product.id, algorithm, experimentArm]);

const rows = async () => ({
  experiments: await shop.db.experiment.findMany({ orderBy: { id: 'asc' } }),
  arms: await shop.db.experimentArm.count(),
});

/** Ids of visitors, by the arm that is theirs. */
function visitorsOf(id: string, arms: Arm[]): Record<string, string> {
  const found: Record<string, string> = {};
  while (Object.keys(found).length < arms.length) {
    const visitor = shop.parts.newId();
    found[armOf({ id, arms }, visitor)?.name ?? ''] ??= visitor;
  }
  return found;
}

/** Two products that interested the same visitor and were ordered with a third, and a newer fourth. */
async function goods() {
  const lamp = await shop.product({ createdAt: '2026-01-01T00:00:00Z' });
  const oil = await shop.product({ createdAt: '2026-01-02T00:00:00Z' });
  const rug = await shop.product({ createdAt: '2026-01-03T00:00:00Z' });
  const customerId = shop.parts.newId();
  for (let count = 0; count < 2; count += 1) await shop.order(shop.parts.newId(), lamp, oil);
  const cart = { cartId: shop.parts.newId(), variantId: shop.parts.newId(), quantity: 1, customerId };
  for (const productId of [lamp, rug]) await shop.tell('ProductAddedToCart', { ...cart, productId });
  await shop.train();
  return { lamp, oil, rug };
}

test('while it runs each visitor sees the list of their arm, at every visit; before and after, the usual one', async () => {
  const { lamp, oil, rug } = await goods();
  const id = await create();
  const usual = (arm: string | null) => [
    [oil, 'RELATED', arm],
    [rug, 'RELATED', arm],
  ];
  const byAge = [
    [rug, 'NEWEST', 'newest-first'],
    [oil, 'NEWEST', 'newest-first'],
  ];
  const visitors = visitorsOf(id, draft.arms);
  const [ofControl, ofNewest] = [visitors['control'] ?? '', visitors['newest-first'] ?? ''];
  expect(brief(await related(guestCaller(ofNewest), lamp))).toEqual(usual(null));

  await start(id);
  for (let visit = 0; visit < 2; visit += 1) {
    expect(brief(await related(guestCaller(ofControl), lamp))).toEqual(usual('control'));
    expect(brief(await related(guestCaller(ofNewest), lamp))).toEqual(byAge);
    expect(brief(await related(userCaller(ofNewest), lamp))).toEqual(byAge);
    expect(brief(await related(anonymousCaller(), lamp))).toEqual(usual('control'));
  }
  // Other lists are as they were.
  expect(brief(await listOf(guestCaller(ofNewest), 'Product', 'boughtTogether', lamp))).toEqual([
    [oil, 'BOUGHT_TOGETHER', null],
  ]);

  await end(id);
  expect(brief(await related(guestCaller(ofNewest), lamp))).toEqual(usual(null));
});

test('the database chooses the arm as the rules say', async () => {
  const { lamp } = await goods();
  const arms: Arm[] = [20, 1, 50, 29].map((share, i) => ({ name: `arm-${i}`, strategy: 'NEWEST', share }));
  const id = await create({ slot: 'FOR_YOU', arms });
  await start(id);
  const users = Array.from({ length: 300 }, shop.parts.newId);
  const answer = await shop.ask<{ _entities: { recommendations: { experimentArm: string }[] }[] }>(
    staffCaller('admin'),
    `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { recommendations(first: 1) { experimentArm } } } }`,
    { of: users.map((user) => ({ __typename: 'User', id: user })) },
  );
  const told = answer._entities.map(({ recommendations }) => recommendations[0]?.experimentArm);
  expect(told).toEqual(users.map((user) => armOf({ id, arms }, user)?.name));
  expect(new Set(told).size).toBeGreaterThan(2);
  // Staff see the user's arm, not their own; and nothing of it on a product's page.
  expect(brief(await related(guestCaller(), lamp)).every(([, , arm]) => arm === null)).toBe(true);
});

test.each([
  ['RELATED', 'BOUGHT_TOGETHER', ['oil BOUGHT_TOGETHER', 'rug POPULAR']],
  ['RELATED', 'POPULAR', ['oil POPULAR', 'rug POPULAR']],
  ['BOUGHT_TOGETHER', 'RELATED', ['oil RELATED', 'rug RELATED']],
  ['BOUGHT_TOGETHER', 'BOUGHT_TOGETHER', ['oil BOUGHT_TOGETHER']],
  ['FOR_YOU', 'HISTORY', ['rug HISTORY']],
  ['FOR_YOU', 'POPULAR', ['rug POPULAR']],
  ['FOR_YOU', 'NEWEST', ['rug NEWEST']],
] as const)('%s by %s', async (slot, strategy, expected) => {
  await open();
  const products = await goods();
  const nameOf = new Map(Object.entries(products).map(([name, id]) => [id, name]));
  const arms: Arm[] = [
    { name: 'one', strategy, share: 50 },
    { name: 'two', strategy, share: 50 },
  ];
  await start(await create({ slot, arms }));
  const userId = shop.parts.newId();
  await shop.order(userId, products.lamp, products.oil);
  const lists = {
    RELATED: () => related(anonymousCaller(), products.lamp),
    BOUGHT_TOGETHER: () => listOf(anonymousCaller(), 'Product', 'boughtTogether', products.lamp),
    FOR_YOU: () => listOf(userCaller(userId), 'User', 'recommendations', userId),
  };
  const list = await lists[slot]();
  expect(list.map(({ product, algorithm }) => `${nameOf.get(product.id)} ${algorithm}`)).toEqual(expected);
});

test('an experiment is drawn up once per key, started and ended; each step may be repeated', async () => {
  await open();
  const input = { idempotencyKey: randomUUID(), ...draft };
  const created = await call('createExperiment', input);
  const id = created.experiment?.id ?? '';
  expect(created).toEqual({
    experiment: { id: expect.any(String), ...draft, status: 'DRAFT', startedAt: null, endedAt: null },
    userErrors: [],
  });
  expect(await call('createExperiment', input)).toEqual(created);
  await expect(call('createExperiment', { ...input, name: 'Another' })).rejects.toThrow('needs a new key');

  const started = await start(id);
  expect(started).toMatchObject({ experiment: { status: 'RUNNING', endedAt: null }, userErrors: [] });
  shop.parts.testClock.advance(60_000);
  expect(await start(id)).toEqual(started);
  const ended = await end(id);
  expect(ended.experiment).toEqual({
    ...started.experiment,
    status: 'ENDED',
    endedAt: expect.any(Date),
  });
  const ran = Number(ended.experiment?.endedAt) - Number(ended.experiment?.startedAt);
  expect(ran).toBeGreaterThanOrEqual(60_000);
  expect(await end(id)).toEqual(ended);

  const list = `query ($after: String) { experiments(first: 1, after: $after) { nodes { ${facts} } pageInfo { endCursor hasNextPage } } }`;
  type Page = { experiments: { nodes: object[]; pageInfo: { endCursor: string; hasNextPage: boolean } } };
  const next = await create();
  const first = (await shop.ask<Page>(staff, list)).experiments;
  expect(first).toMatchObject({ nodes: [{ id: next }], pageInfo: { hasNextPage: true } });
  const second = (await shop.ask<Page>(staff, list, { after: first.pageInfo.endCursor })).experiments;
  expect(second).toMatchObject({ nodes: [ended.experiment], pageInfo: { hasNextPage: false } });
});

test('a refused step changes nothing', async () => {
  await open();
  const [draftId, runningId, endedId] = [
    await create(),
    await create(),
    await create({ slot: 'FOR_YOU', arms: forYou }),
  ];
  await start(endedId);
  await end(endedId);
  await start(runningId);
  const before = await rows();
  const refused: [() => Promise<Answer>, string][] = [
    [
      () => call('createExperiment', { idempotencyKey: randomUUID(), ...draft, arms: [control] }),
      'INVALID_INPUT',
    ],
    [() => start(draftId), 'SLOT_TAKEN'],
    [() => start(endedId), 'EXPERIMENT_ENDED'],
    [() => end(draftId), 'EXPERIMENT_DRAFT'],
    [() => start(shop.parts.newId()), 'NOT_FOUND'],
    [() => end('no-id'), 'NOT_FOUND'],
  ];
  for (const [step, code] of refused)
    expect(await step()).toMatchObject({ experiment: null, userErrors: [{ code }] });
  expect(await rows()).toEqual(before);
});

test('of several that are started at once one runs, and the others are told why', async () => {
  await open();
  const ids = await Promise.all(Array.from({ length: 4 }, () => create()));
  const answers = await Promise.all(ids.map(start));
  const codes = answers.map(({ userErrors }) => userErrors[0]?.code ?? 'started').sort();
  expect(codes).toEqual(['SLOT_TAKEN', 'SLOT_TAKEN', 'SLOT_TAKEN', 'started']);
  expect(await shop.db.experiment.count({ where: { status: 'RUNNING' } })).toBe(1);
  // Another list's experiment is none of their business, and what the rules overlook the database does not let happen.
  expect((await start(await create({ slot: 'FOR_YOU', arms: forYou }))).userErrors).toEqual([]);
  const draftId = ids.find((_, i) => answers[i]?.experiment === null) ?? '';
  const forced = shop.db.experiment.update({
    where: { id: draftId },
    data: { status: 'RUNNING', startedAt: new Date() },
  });
  await expect(forced).rejects.toThrow('Unique constraint');
});

test('only staff who may write recommendations see and change experiments', async () => {
  await open();
  const experimentId = await create();
  const before = await rows();
  for (const caller of [anonymousCaller(), guestCaller(), userCaller(), staffCaller('support')]) {
    const why = caller.claims ? 'recommendations:write' : 'signed-in';
    const input = { idempotencyKey: randomUUID(), ...draft };
    await expect(call('createExperiment', input, caller)).rejects.toThrow(why);
    await expect(call('startExperiment', { experimentId }, caller)).rejects.toThrow(why);
    await expect(call('endExperiment', { experimentId }, caller)).rejects.toThrow(why);
    await expect(shop.ask(caller, '{ experiments { nodes { id } } }')).rejects.toThrow(why);
  }
  expect(await rows()).toEqual(before);
});

test('a running experiment adds no statement to a list', async () => {
  await open();
  const { lamp } = await goods();
  const cost = async (): Promise<number> => {
    const stop = recordStatements();
    await related(guestCaller(), lamp);
    return stop().length;
  };
  const before = await cost();
  await start(await create());
  expect([before, await cost()]).toEqual([1, 1]);
});
