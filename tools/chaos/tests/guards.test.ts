/** Every guard is still where the list says: what is taken out is there once, and is part of what is built. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase } from '../../../tests/testkit/server.js';
import { changeSource } from '../../build.js';
import { movableClock } from '../clock.js';
import { setsAsideByReturnUrl } from '../shop.js';
import { guards } from '../guards/list.js';
import { races } from '../races/list.js';

const inSources = guards.filter(({ changes }) => changes);
const inDatabase = guards.filter(({ sql }) => sql);

test('each guard is taken out in some way, has a name of its own, and a promise with a number', () => {
  expect(new Set(guards.map(({ name }) => name)).size).toBe(guards.length);
  expect(guards.filter(({ changes, sql }) => !changes && !sql)).toEqual([]);
  for (const { promise } of guards) expect(promise).toMatch(/^P\d+: /);
});

test('every race is some guard’s', () => {
  const used = new Set(guards.map(({ race }) => race));
  expect(Object.keys(races).filter((name) => !used.has(name as keyof typeof races))).toEqual([]);
});

describe('in the sources', () => {
  test.each(inSources.map((guard) => [guard.name, guard] as const))('%s', (_name, { changes = [] }) => {
    for (const file of new Set(changes.map((change) => change.file))) {
      expect(existsSync(file)).toBe(true);
      const source = readFileSync(file, 'utf8');
      expect(
        changeSource(
          source,
          changes.filter((change) => change.file === file),
        ),
      ).not.toBe(source);
    }
  });
  test('the clock that can be moved, and money that is set aside for some', () => {
    const changes = [...movableClock, ...setsAsideByReturnUrl];
    for (const { file } of changes)
      changeSource(
        readFileSync(file, 'utf8'),
        changes.filter((change) => change.file === file),
      );
  });
  test('a text that is not there, or is there twice, is an error', () => {
    const change = { file: 'a.ts', find: 'x', put: 'y' };
    expect(() => changeSource('abc', [change])).toThrow('0 times');
    expect(() => changeSource('x x', [change])).toThrow('2 times');
    expect(changeSource('$x', [{ ...change, put: '$&' }])).toBe('$$&');
  });
});

describe('in the database', () => {
  let client: pg.Client;
  beforeAll(async () => {
    client = new pg.Client({ connectionString: (await createTestDatabase()).adminUrl });
    await client.connect();
  });
  afterAll(() => client.end());

  test.each(inDatabase.map((guard) => [guard.name, guard] as const))('%s', async (_name, { sql = '' }) => {
    await client.query('BEGIN');
    try {
      await client.query(sql);
    } finally {
      await client.query('ROLLBACK');
    }
  });
});
