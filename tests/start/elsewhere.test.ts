/** The one-command start where PostgreSQL is hard to please: as root in a folder closed to others, as an ordinary user. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createClient } from '../testkit/client.js';
import { checkout, startProgram, type Program } from './program.js';

// A whole checkout is copied and the program started twice; on a busy machine that takes its time.
jest.setTimeout(600_000);

const isRoot = process.getuid?.() === 0;
let parent: string;
let folder: string;

/** A whole second checkout; hard links where the file system can, so that it costs no space. */
function copyCheckout(to: string): void {
  const parts = [
    'gateway',
    'local',
    'prisma',
    'schema',
    'subgraphs',
    'tools',
    'package.json',
    'tsconfig.json',
    'node_modules',
  ];
  mkdirSync(to);
  const sources = parts.map((part) => join(checkout, part));
  try {
    execFileSync('cp', ['-al', ...sources, to], { stdio: 'ignore' });
  } catch {
    execFileSync('cp', ['-a', ...sources, to]);
  }
}

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'hanse-elsewhere-'));
  folder = join(parent, 'hanse');
  copyCheckout(folder);
});

afterAll(() => rmSync(parent, { recursive: true, force: true }));

async function answersAndEnds(program: Program): Promise<void> {
  try {
    const client = createClient(await program.url());
    const { products } = await client.data<{ products: { nodes: { name: string }[] } }>(
      '{ products(first: 1) { nodes { name } } }',
    );
    expect(products.nodes).toHaveLength(1);
  } finally {
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(0);
  }
}

test('it starts in a folder that other users cannot enter, and finds its data again', async () => {
  chmodSync(parent, 0o700);
  const first = startProgram({}, { folder });
  await answersAndEnds(first);
  const second = startProgram({}, { folder });
  await answersAndEnds(second);
  expect(second.output()).not.toContain('Filling the shop');
  // As root its data lies where PostgreSQL's user can reach it.
  const [, data = folder] = /initialising a database in (\S+)/.exec(first.output()) ?? [];
  expect(data.startsWith(folder)).toBe(!isRoot);
  rmSync(data, { recursive: true, force: true });
});

test('it starts as an ordinary user', async () => {
  // As root: a user who owns nothing but the data folder. Otherwise whoever runs the tests is one.
  chmodSync(parent, 0o755);
  const data = join(parent, 'data');
  mkdirSync(data);
  if (isRoot) chownSync(data, 65_534, 65_534);
  const command = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const user = isRoot ? 'nobody' : userInfo().username;
  await answersAndEnds(startProgram({ HANSE_DATA: data, HOME: data, USER: user }, { folder, command }));
});
