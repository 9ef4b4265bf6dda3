// Reads what jest wrote with --json --outputFile.
//   none-skipped FILE   fails and names them if tests were skipped or are only to do
//   sum FILE...         names the tests that passed at the second look alone, and ends with the line that CI counts:
//                       N passed, N failed

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Suite a test file
 * @property {string} name its path
 * @property {string} status
 * @property {{ status: string, fullName: string }[]} assertionResults empty for a file that broke before its first test
 *
 * @typedef {object} Results the fields of jest's report that we read, and one of ours
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numRuntimeErrorTestSuites files that broke before their first test
 * @property {Suite[]} testResults
 * @property {string[]} [flaky] what failed at first and passed at the second look, as `FILE: test name`
 */

/**
 * @param {string} file
 * @returns {Results | undefined} undefined if jest did not get as far as writing it
 */
export function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/**
 * The paths of the test files that failed.
 * @param {Results} results
 */
export function failedFiles(results) {
  return results.testResults.filter(hasFailed).map((suite) => suite.name);
}

/**
 * The first run's results with the files that failed as they are at the second look; a file that is not in the second stays as
 * it was.
 * @param {Results} first
 * @param {Results} second
 * @returns {Results}
 */
export function withSecondLook(first, second) {
  const again = new Map(second.testResults.map((suite) => [suite.name, suite]));
  const looked = first.testResults
    .filter(hasFailed)
    .flatMap((before) => ({ before, after: again.get(before.name) ?? before }));
  const testResults = first.testResults.map((suite) =>
    hasFailed(suite) ? (again.get(suite.name) ?? suite) : suite,
  );
  const count = (/** @type {string} */ status) =>
    testResults.flatMap((suite) => suite.assertionResults).filter((test) => test.status === status).length;
  return {
    ...first,
    testResults,
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numRuntimeErrorTestSuites: testResults.filter(brokeItself).length,
    flaky: looked.flatMap(({ before, after }) => flakyOf(before, after)),
  };
}

/** @param {Suite} suite */
const hasFailed = (suite) => suite.status === 'failed';

/** @param {Suite} suite */
const brokeItself = (suite) => hasFailed(suite) && suite.assertionResults.length === 0;

/**
 * What failed before and passed after, each as `FILE: test name`.
 * @param {Suite} before
 * @param {Suite} after
 */
function flakyOf(before, after) {
  const file = path.relative(process.cwd(), before.name);
  if (brokeItself(before)) return hasFailed(after) ? [] : [`${file}: the file itself`];
  const passed = new Set(
    after.assertionResults.filter((test) => test.status === 'passed').map((test) => test.fullName),
  );
  return before.assertionResults
    .filter((test) => test.status === 'failed' && passed.has(test.fullName))
    .map((test) => `${file}: ${test.fullName}`);
}

/** @param {string} file */
function noneSkipped(file) {
  const tests = read(file)?.testResults.flatMap((suite) =>
    suite.assertionResults.map((test) => ({ ...test, file: suite.name })),
  );
  const notRun = tests?.filter((test) => test.status !== 'passed' && test.status !== 'failed') ?? [];
  for (const test of notRun) console.error(`${test.status}: ${test.fullName} (${test.file})`);
  if (!tests) console.error('jest wrote no results');
  process.exitCode = tests && notRun.length === 0 ? 0 : 1;
}

/** @param {string[]} files */
function sum(files) {
  const runs = files.map((file) => read(file));
  const add = (/** @type {(run: Results | undefined) => number} */ count) =>
    runs.reduce((total, run) => total + count(run), 0);
  const flaky = runs.flatMap((run) => run?.flaky ?? []);
  for (const test of flaky) console.log(`flaky: ${test}`);
  if (flaky.length > 0)
    console.log(`${flaky.length} flaky: passed at the second look alone, to be mended before anything else`);
  const passed = add((run) => run?.numPassedTests ?? 0);
  // A run without results, and a file that broke before its first test, count as one failure each.
  const failed = add((run) => (run ? run.numFailedTests + run.numRuntimeErrorTestSuites : 1));
  console.log(`${passed} passed, ${failed} failed`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, ...files] = process.argv.slice(2);
  if (command === 'none-skipped' && files.length === 1) noneSkipped(String(files[0]));
  else if (command === 'sum' && files.length > 0) sum(files);
  else {
    console.error('usage: node .ci/jest-results.mjs none-skipped FILE | sum FILE...');
    process.exitCode = 2;
  }
}
