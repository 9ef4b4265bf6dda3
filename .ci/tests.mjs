// node .ci/tests.mjs RESULTS.json [JEST ARGUMENT...]
//
// Runs the tests, and gives those that failed a second look: their files alone, one after the other, on the same parts. What
// passes then is a test that fails by chance: the run passes, and RESULTS.json says which they are (`flaky`), for
// jest-results.mjs to name at the end. Where many files fail nothing is by chance, and there is no second look.
//
// RESULTS.json is what jest writes with --json, the files that were looked at twice as they were the second time.

import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { failedFiles, read, withSecondLook } from './jest-results.mjs';

/** More failed files than these are a real break. */
const MOST_FILES = 5;

const [file, ...jestArguments] = process.argv.slice(2);
if (!file) {
  console.error('usage: node .ci/tests.mjs RESULTS.json [JEST ARGUMENT...]');
  process.exit(2);
}

/**
 * Runs jest as `npm test` does.
 * @param {string} results the file for its report
 * @param {string[]} more
 * @returns {Promise<boolean>} whether all passed
 */
async function runTests(results, more) {
  const parameters = ['test', '--', '--json', `--outputFile=${results}`, ...more];
  const child = spawn('npm', parameters, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}

/**
 * @param {string} results the first run's report, written anew
 * @returns {Promise<boolean>} whether all that failed passes now
 */
async function lookAgain(results) {
  const first = read(results);
  const failed = first ? failedFiles(first) : [];
  // None: jest failed, and no test did.
  if (!first || failed.length === 0 || failed.length > MOST_FILES) return false;
  console.log(
    `\n=== second look at ${failed.length} of ${first.testResults.length} files: ${failed.join(', ')}`,
  );
  const again = `${results}.second`;
  const passed = await runTests(again, ['--runInBand', '--runTestsByPath', ...failed]);
  const second = read(again);
  rmSync(again, { force: true });
  if (!second) return false;
  const both = withSecondLook(first, second);
  writeFileSync(results, JSON.stringify(both));
  for (const test of both.flaky ?? []) console.log(`flaky: ${test}`);
  return passed && failedFiles(both).length === 0;
}

// What an earlier run left would be taken for ours.
rmSync(file, { force: true });
process.exitCode = (await runTests(file, jestArguments)) || (await lookAgain(file)) ? 0 : 1;
