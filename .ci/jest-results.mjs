// Reads what jest wrote with --json --outputFile.
//   none-skipped FILE   fails and names them if tests were skipped or are only to do
//   sum FILE...         prints the line that CI counts: N passed, N failed

import { existsSync, readFileSync } from 'node:fs';

const [command, ...files] = process.argv.slice(2);

/**
 * @typedef {object} Results the fields of jest's report that we read
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numRuntimeErrorTestSuites files that broke before their first test
 * @property {{ name: string, assertionResults: { status: string, fullName: string }[] }[]} testResults
 */

/**
 * @param {string} file
 * @returns {Results | undefined} undefined if jest did not get as far as writing it
 */
function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

if (command === 'none-skipped' && files.length === 1) {
  const tests = read(String(files[0]))?.testResults.flatMap((suite) =>
    suite.assertionResults.map((test) => ({ ...test, file: suite.name })),
  );
  const notRun = tests?.filter((test) => test.status !== 'passed' && test.status !== 'failed') ?? [];
  for (const test of notRun) console.error(`${test.status}: ${test.fullName} (${test.file})`);
  if (!tests) console.error('jest wrote no results');
  process.exitCode = tests && notRun.length === 0 ? 0 : 1;
} else if (command === 'sum' && files.length > 0) {
  const runs = files.map((file) => read(file));
  const sum = (/** @type {(run: Results | undefined) => number} */ count) =>
    runs.reduce((total, run) => total + count(run), 0);
  const passed = sum((run) => run?.numPassedTests ?? 0);
  // A run without results, and a file that broke before its first test, count as one failure each.
  const failed = sum((run) => (run ? run.numFailedTests + run.numRuntimeErrorTestSuites : 1));
  console.log(`${passed} passed, ${failed} failed`);
} else {
  console.error('usage: node .ci/jest-results.mjs none-skipped FILE | sum FILE...');
  process.exitCode = 2;
}
