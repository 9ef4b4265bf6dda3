/** .ci/tests.mjs on toy test files: what fails by chance passes at the second look and is named, what is broken fails. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';

const root = process.cwd();
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A project with these test files. */
function projectOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'hanse-second-look-'));
  folders.push(folder);
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const project = { private: true, scripts: { test: `node ${jest}` }, jest: { transform: {} } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Notes that the test ran, and gives how many times it has. */
const note = (name: string): string => `
  const { appendFileSync, readFileSync } = require('node:fs');
  const ranBefore = () => {
    appendFileSync('${name}.runs', '.');
    return readFileSync('${name}.runs', 'utf8').length - 1;
  };`;
const steady = `${note('steady')} test('holds', () => void ranBefore());`;
const flaky = `${note('flaky')}
  test('holds too', () => {});
  test('is late', () => expect(ranBefore()).toBe(1));`;
const broken = `test('is broken', () => expect(1).toBe(2)); test('is not', () => {});`;
const brokenFile = (
  name: string,
): string => `${note(name)} if (ranBefore() === 0) throw new Error('No port.');
  test('starts', () => {});`;

interface Outcome {
  code: number;
  output: string;
}

const node = (folder: string, parameters: string[]): Promise<Outcome> =>
  new Promise((resolve) =>
    execFile(process.execPath, parameters, { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    ),
  );

/** Runs the tests of a project; how that ended, and the closing lines. */
async function run(folder: string): Promise<{ code: number; output: string; closing: string[] }> {
  const { code, output } = await node(folder, [join(root, '.ci/tests.mjs'), 'results.json']);
  const { output: closing } = await node(folder, [join(root, '.ci/jest-results.mjs'), 'sum', 'results.json']);
  return { code, output, closing: closing.trim().split('\n') };
}

const runsOf = (folder: string, name: string): number =>
  readFileSync(join(folder, `${name}.runs`), 'utf8').length;

test('a test that fails the first time only passes, and is named', async () => {
  const folder = projectOf({
    'steady.test.js': steady,
    'flaky.test.js': flaky,
    'port.test.js': brokenFile('port'),
  });
  const { code, output, closing } = await run(folder);
  expect(code).toBe(0);
  expect(output).toContain('=== second look at 2 of 3 files');
  expect(closing.slice(0, -2).sort()).toEqual([
    'flaky: flaky.test.js: is late',
    'flaky: port.test.js: the file itself',
  ]);
  expect(closing.slice(-2)).toEqual([
    '2 flaky: passed at the second look alone, to be mended before anything else',
    '4 passed, 0 failed',
  ]);
  expect([runsOf(folder, 'steady'), runsOf(folder, 'flaky')]).toEqual([1, 2]);
});

test('what fails twice fails, beside what fails by chance', async () => {
  const folder = projectOf({ 'flaky.test.js': flaky, 'broken.test.js': broken });
  const { code, closing } = await run(folder);
  expect([code, closing]).toEqual([
    1,
    [
      'flaky: flaky.test.js: is late',
      '1 flaky: passed at the second look alone, to be mended before anything else',
      '3 passed, 1 failed',
    ],
  ]);
});

test('many failed files get no second look', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const folder = projectOf(Object.fromEntries(names.map((name) => [`${name}.test.js`, brokenFile(name)])));
  const { code, closing } = await run(folder);
  expect([code, closing]).toEqual([1, ['0 passed, 6 failed']]);
  expect(names.map((name) => runsOf(folder, name))).toEqual([1, 1, 1, 1, 1, 1]);
});
