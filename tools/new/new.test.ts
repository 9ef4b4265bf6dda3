import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'graphql';
import { subgraphs } from '../../subgraphs/list.js';
import { addToList, readList } from './list.js';
import { main } from './main.js';
import { problemOfName } from './name.js';

const top = mkdtempSync(join(tmpdir(), 'hanse-new-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

let root: string;
/** A checkout with no more of it than the command reads. */
beforeEach(() => {
  root = mkdtempSync(join(top, 'root-'));
  for (const file of ['prisma/foundation.prisma', 'prisma/foundation.sql', 'subgraphs/list.ts'])
    cpSync(file, join(root, file), { recursive: true });
});

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      return entry.isFile() ? [[path.slice(folder.length + 1), readFileSync(path, 'utf8')]] : [];
    }),
  );

async function run(...parameters: string[]): Promise<{ code: number; said: string; generated: number }> {
  const said: string[] = [];
  let generated = 0;
  const code = await main(parameters, {
    root,
    generate: () => (generated += 1),
    say: (text) => said.push(text),
  });
  return { code, said: said.join('\n'), generated };
}

const wanted = [
  'prisma/loyalty/foundation.prisma',
  'prisma/loyalty/migrations/0001_foundation/migration.sql',
  'prisma/loyalty/migrations/0002_loyalty/migration.sql',
  'prisma/loyalty/migrations/migration_lock.toml',
  'prisma/loyalty/schema.prisma',
  'schema/loyalty.graphql',
  ...['events', 'loaders', 'resolvers', 'rules.test', 'rules', 'service', 'store'].map(
    (file) => `subgraphs/loyalty/account/${file}.ts`,
  ),
  ...['context', 'main', 'mappers', 'policy', 'resolvers', 'tests/loyalty.test'].map(
    (file) => `subgraphs/loyalty/${file}.ts`,
  ),
];

test('a new subgraph has all its files and its line in the list, and no placeholder is left', async () => {
  const before = filesIn(root);
  expect(await run('subgraph', 'loyalty')).toMatchObject({ code: 0, generated: 1 });
  const after = filesIn(root);
  const made = Object.keys(after).filter((file) => !(file in before));
  expect(made.sort()).toEqual([...wanted].sort());
  expect(made.filter((file) => /__name|loyalty__|{{/i.test(after[file] ?? ''))).toEqual([]);
  expect(() => parse(after['schema/loyalty.graphql'] ?? '')).not.toThrow();
  expect(after['prisma/loyalty/migrations/0001_foundation/migration.sql']).toBe(
    before['prisma/foundation.sql'],
  );
  const port = Math.max(...subgraphs.map((one) => one.port)) + 1;
  expect(readList(after['subgraphs/list.ts'] ?? '')).toEqual([...subgraphs, { name: 'loyalty', port }]);
  const changed = Object.keys(before).filter((file) => before[file] !== after[file]);
  expect(changed).toEqual(['subgraphs/list.ts']);
});

test('a second run changes nothing and says so', async () => {
  await run('subgraph', 'loyalty');
  const before = filesIn(root);
  const second = await run('subgraph', 'loyalty');
  expect(second).toEqual({
    code: 1,
    generated: 0,
    said: 'There is a subgraph "loyalty" already.\nNothing was changed.',
  });
  expect(filesIn(root)).toEqual(before);
});

test.each([
  ['users', 'There is a subgraph "users" already.'],
  ['Loyalty', '"Loyalty" is no name for a subgraph'],
  ['loyalty-points', '"loyalty-points" is no name for a subgraph'],
  ['../evil', '"../evil" is no name for a subgraph'],
  ['a', '"a" is no name for a subgraph'],
  ['order', '"order" is a word of PostgreSQL\'s own'],
  ['mutation', '"mutation" is a word of GraphQL\'s own'],
  ['shared', '"shared" is a word of Hanse\'s own'],
  ['', '"" is no name for a subgraph'],
])('"%s" is refused, and nothing is written', async (name, why) => {
  const before = filesIn(root);
  const { code, said, generated } = await run('subgraph', name);
  expect({ code, generated, said: said.includes(why) }).toEqual({ code: 1, generated: 0, said: true });
  expect(filesIn(root)).toEqual(before);
});

test('what is left of a subgraph that is not in the list is not written over', async () => {
  mkdirSync(join(root, 'schema'));
  writeFileSync(join(root, 'schema/loyalty.graphql'), 'type Query { mine: Int }');
  const before = filesIn(root);
  const { code, said } = await run('subgraph', 'loyalty');
  expect({ code, said }).toEqual({
    code: 1,
    said: '"loyalty" is not in subgraphs/list.ts, but there is schema/loyalty.graphql: remove it or take another name.\nNothing was changed.',
  });
  expect(filesIn(root)).toEqual(before);
});

test('a list that a person has changed beyond recognition is not touched', async () => {
  const list = join(root, 'subgraphs/list.ts');
  for (const [from, to] of [
    ["{ name: 'users', port: 4001 },", "{ name: 'users', port: Number('4001') },"],
    ['] as const;', '];'],
  ] as const) {
    const changed = readFileSync('subgraphs/list.ts', 'utf8').replace(from, to);
    writeFileSync(list, changed);
    const { code, said } = await run('subgraph', 'loyalty');
    expect({ code, mend: said.includes('mend it first') }).toEqual({ code: 1, mend: true });
    expect(readFileSync(list, 'utf8')).toBe(changed);
    expect(existsSync(join(root, 'subgraphs/loyalty'))).toBe(false);
  }
});

test('without a name, or with --help, it says how it is used', async () => {
  for (const [parameters, code] of [
    [['--help'], 0],
    [[], 1],
    [['subgraph'], 1],
    [['service', 'loyalty'], 1],
    [['subgraph', 'loyalty', 'points'], 1],
  ] as const) {
    const answer = await run(...parameters);
    expect(answer).toMatchObject({ code, generated: 0 });
    expect(answer.said).toContain('npm run new -- subgraph NAME');
  }
  expect(existsSync(join(root, 'subgraphs/loyalty'))).toBe(false);
});

test('any name that is taken can be added to the list and read from it', () => {
  const text = readFileSync('subgraphs/list.ts', 'utf8');
  const names = fc.stringMatching(/^[a-z][a-z0-9]{1,29}$/).filter((name) => problemOfName(name) === null);
  fc.assert(
    fc.property(names, fc.integer({ min: 4001, max: 65_535 }), (name, port) => {
      expect(readList(addToList(text, { name, port }))).toEqual([...subgraphs, { name, port }]);
    }),
  );
});
