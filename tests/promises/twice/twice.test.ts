/**
 * Every public mutation of orders, inventory and payments, twice at once and once more after: the database is where it is after
 * one call. A mutation without a row in cases.ts fails.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kind, parse } from 'graphql';
import { askAtRest } from '../../testkit/ledger.js';
import { attempt, startRaceShop, type Answer, type RaceShop } from '../../testkit/race-shop.js';
import { casesOf, elsewhere, type Case, type Situation } from './cases.js';
import { difference, fingerprint, type Fingerprint } from './fingerprint.js';
import { pause } from '../../testkit/eventually.js';

/** The fields of Mutation in the subgraphs' schemas that the public API has. */
const mutations = ['orders', 'inventory', 'payments'].flatMap((name) =>
  parse(readFileSync(`schema/${name}.graphql`, 'utf8')).definitions.flatMap((definition) =>
    definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === 'Mutation'
      ? (definition.fields ?? [])
          .filter((field) => !field.directives?.some((one) => one.name.value === 'inaccessible'))
          .map((field) => field.name.value)
      : [],
  ),
);

let shop: RaceShop;
let cases: Record<string, Case>;
beforeAll(async () => {
  shop = await startRaceShop();
  cases = await casesOf(shop);
});
afterAll(() => shop.close());

/** Where the database is when nothing is under way any more. */
async function atRest(): Promise<Fingerprint> {
  const waiting = `SELECT FROM orders.inbox WHERE done_at IS NULL AND run_at <= $1
    UNION ALL SELECT FROM payments.inbox WHERE done_at IS NULL AND run_at <= $1
    UNION ALL SELECT FROM inventory.inbox WHERE done_at IS NULL AND run_at <= $1`;
  for (let before = await fingerprint(shop.ledger); ;) {
    expect(await askAtRest(shop.ledger, shop.parts.clock)).toEqual([]);
    const { rowCount } = await shop.ledger.query(waiting, [shop.parts.clock()]);
    const now = await fingerprint(shop.ledger);
    if (rowCount === 0 && Object.keys(difference(before, now)).length === 0) return now;
    before = now;
    await pause(30);
  }
}

test('each mutation has its row, and each row its mutation', () => {
  expect([...Object.keys(cases), ...Object.keys(elsewhere)].sort()).toEqual([...mutations].sort());
  expect(Object.values(elsewhere).filter((path) => !existsSync(path))).toEqual([]);
});

/** What a call does, and what it does when it comes twice at once and once more after: two situations of one kind. */
async function compare(name: string): Promise<Record<'once' | 'often', [string, number][]>> {
  const { by, refusals = [], prepare, news } = cases[name] ?? {};
  if (!by || !prepare) throw new Error(`${name} has no row in cases.ts: say what makes its repeat harmless.`);
  const call = ({ client, input }: Situation): Promise<Answer<unknown>> =>
    attempt(client, name, input, '__typename');
  const [once, often] = await Promise.all([prepare(), prepare()]);
  const start = await atRest();
  expect(await call(once)).toMatchObject({ code: null });
  const afterOnce = await atRest();
  const twins = await Promise.all([call(often), call(often)]);
  const answers = [...twins, await call(often)];
  const afterOften = await atRest();
  const codes = answers.map((answer) => answer.code);
  const repeats = by === 'version' ? [null, 'VERSION_CONFLICT'] : [null, ...refusals];
  expect(codes).toContain(null);
  expect(codes.filter((code) => !repeats.includes(code))).toEqual([]);
  // Who says how it is to be counts as a change of its own, and changes nothing else.
  const passing = [
    // Counts how often terms were written, whatever with.
    /^orders\.terms\.revision$/,
    ...(by === 'saying how it is to be' ? [/\.version$/] : []),
    ...(news ? [new RegExp(`event ${news}$`), /aggregate_sequence/] : []),
  ];
  const counts = (change: Fingerprint): [string, number][] =>
    Object.entries(change).filter(([what]) => !passing.some((pattern) => pattern.test(what)));
  return { once: counts(difference(start, afterOnce)), often: counts(difference(afterOnce, afterOften)) };
}

describe.each(mutations.filter((name) => !(name in elsewhere)))('%s', (name) => {
  test('comes to the same twice at once and twice in a row as once', async () => {
    let { once, often } = await compare(name);
    // A timer of the shop may have come due in between, of an order of another test say: not twice in a row.
    if (!isDeepStrictEqual(once, often)) ({ once, often } = await compare(name));
    expect(often).toEqual(once);
  });
});
