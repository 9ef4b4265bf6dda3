import { appendFile, mkdtemp, readFile, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openJournal, type Finished } from './journal.js';

const url = 'http://127.0.0.1:4000/graphql';
const finished = (key: string, more: Partial<Finished> = {}): Finished => ({
  key,
  entries: [{ outcome: 'taken', reason: 'PLACED', lines: [2] }],
  orderId: `order-${key}`,
  ...more,
});
const newPath = async (): Promise<string> =>
  join(await mkdtemp(join(tmpdir(), 'hanse-journal-')), 'a', 'j.jsonl');

test('what was written is there when the journal is opened again', async () => {
  const path = await newPath();
  const first = await openJournal(path, 'f1', url);
  await Promise.all(['1', '2', '3'].map((key) => first.write(finished(key))));
  await first.close();
  const second = await openJournal(path, 'f1', url);
  expect([...second.finished.values()]).toEqual([finished('1'), finished('2'), finished('3')]);
  await second.close();
});

test('a line that a kill cut off was not finished, and what comes after it is whole', async () => {
  const path = await newPath();
  const first = await openJournal(path, 'f1', url);
  await first.write(finished('1'));
  await first.close();
  await appendFile(path, '{"key":"2","entr');
  const second = await openJournal(path, 'f1', url);
  expect([...second.finished.keys()]).toEqual(['1']);
  await second.write(finished('3'));
  await second.close();
  const third = await openJournal(path, 'f1', url);
  expect([...third.finished.keys()]).toEqual(['1', '3']);
  await third.close();
});

test('a kill before the first line was whole leaves a journal that begins anew', async () => {
  const path = await newPath();
  const first = await openJournal(path, 'f1', url);
  await first.close();
  await truncate(path, 10);
  const second = await openJournal(path, 'f1', url);
  await second.write(finished('1'));
  await second.close();
  expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3);
});

test('what was a fault of the shop is tried again', async () => {
  const path = await newPath();
  const first = await openJournal(path, 'f1', url);
  await first.write(finished('1', { again: true }));
  await first.close();
  const second = await openJournal(path, 'f1', url);
  expect(second.finished.size).toBe(0);
  await second.write(finished('1'));
  await second.close();
  const third = await openJournal(path, 'f1', url);
  expect(third.finished.get('1')).toEqual(finished('1'));
  await third.close();
});

test("another file's or another shop's journal is refused, and stays as it is", async () => {
  const path = await newPath();
  const journal = await openJournal(path, 'f1', url);
  await journal.write(finished('1'));
  await journal.close();
  const before = await readFile(path, 'utf8');
  await expect(openJournal(path, 'f2', url)).rejects.toThrow('belongs to another file');
  await expect(openJournal(path, 'f1', 'http://other/graphql')).rejects.toThrow(
    `belongs to the shop at ${url}`,
  );
  expect(await readFile(path, 'utf8')).toBe(before);
});
