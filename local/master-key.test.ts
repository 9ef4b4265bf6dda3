import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keepMasterKey } from './master-key.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hanse-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the key is made once, for its owner only, with no draft left beside it', () => {
  const key = keepMasterKey(folder);
  expect(key).toHaveLength(32);
  expect(keepMasterKey(folder)).toEqual(key);
  expect(readdirSync(folder)).toEqual(['master.key']);
  expect(statSync(join(folder, 'master.key')).mode & 0o777).toBe(0o600);
});

test('something else under its name is neither used nor written over', () => {
  writeFileSync(join(folder, 'master.key'), 'short');
  expect(() => keepMasterKey(folder)).toThrow('is not a master key (32 bytes in base64)');
});
