/**
 * Shows that the worked example works: makes the subgraph anew in a copy of this checkout with `npm run new`, applies
 * loyalty.patch, and runs what proves it. `--keep` leaves the copy, a git repository in which `git diff` is the patch.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countHandWritten } from './count.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const patch = join(import.meta.dirname, 'loyalty.patch');
const maxLines = 50;

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => stopped.abort(new Error(`stopped by ${signal}`)));

/** The checkout as it is, with what is generated; its packages by links, so that nothing is written into them. */
function copyCheckout(): string {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'hanse-loyalty-')));
  const left = new Set(['.git', '.hanse', 'coverage', 'node_modules']);
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(basename(path)) });
  const [packages, links] = [join(root, 'node_modules'), join(copy, 'node_modules')];
  mkdirSync(links);
  const stamps = '.hanse-generated.json';
  for (const entry of readdirSync(packages))
    if (entry !== stamps) symlinkSync(join(packages, entry), join(links, entry));
  // What is generated need not be made once more.
  if (existsSync(join(packages, stamps))) copyFileSync(join(packages, stamps), join(links, stamps));
  return copy;
}

/** Runs a step in `folder`; shows its output only when it fails, and throws then. */
async function step(
  folder: string,
  what: string,
  command: string,
  parameters: readonly string[],
): Promise<void> {
  const began = Date.now();
  let output = '';
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(command, parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    // By hand: what the step started in turn (a database) is to end in its own time.
    const stop = (): void => void child.kill('SIGTERM');
    stopped.signal.addEventListener('abort', stop);
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', (status) => {
      stopped.signal.removeEventListener('abort', stop);
      resolve(status);
    });
  });
  stopped.signal.throwIfAborted();
  if (code !== 0) throw new Error(`${what} failed:\n${output}`);
  console.log(`ok  ${what} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

async function check(copy: string): Promise<void> {
  const run = (what: string, command: string, ...parameters: string[]): Promise<void> =>
    step(copy, what, command, parameters);
  const node = (what: string, ...parameters: string[]): Promise<void> =>
    run(what, process.execPath, ...parameters);
  const own = ['subgraphs/loyalty', 'schema/loyalty.graphql'];
  const author = ['-c', 'user.name=example', '-c', 'user.email=example@example.com'];
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--testMatch'];
  const tests = ['**/subgraphs/loyalty/**/*.test.ts', '**/tools/database/drift.test.ts'];
  const checkText = async (): Promise<void> => {
    const types = [
      'node_modules/typescript/bin/tsc',
      '--incremental',
      '--tsBuildInfoFile',
      'node_modules/.types',
    ];
    const results = await Promise.allSettled([
      node('  types', ...types),
      node('  lint', 'node_modules/eslint/bin/eslint.js', ...own.slice(0, 1)),
      node('  format', 'node_modules/prettier/bin/prettier.cjs', '--check', ...own, 'subgraphs/list.ts'),
    ]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };

  await run('npm run new -- subgraph loyalty', 'npm', 'run', 'new', '--', 'subgraph', 'loyalty');
  await checkText();
  await node('  its tests', ...jest, ...tests);

  // With what was made committed, `git diff` shows what is written by hand.
  await run('  a repository', 'git', 'init', '-q');
  await run('  its files', 'git', 'add', 'prisma/loyalty', ...own);
  await run('  a commit', 'git', ...author, 'commit', '-q', '--no-verify', '-m', 'What new made');

  await run('git apply loyalty.patch', 'git', 'apply', patch);
  await node('  compose', '--import', 'tsx', 'tools/compose.ts');
  await node('  generate', '--import', 'tsx', 'tools/generate.ts');
  await checkText();
  await node('  its tests, and a shop with it', ...jest, ...tests, '**/examples/loyalty/story.ts');
}

const { code, tests } = countHandWritten(readFileSync(patch, 'utf8'));
console.log(`Hand-written: ${code} lines (${maxLines - 1} at most), and ${tests} of tests.`);
if (code >= maxLines) {
  console.error(`The example is to have fewer than ${maxLines}.`);
  process.exitCode = 1;
}
const copy = copyCheckout();
try {
  await check(copy);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  if (process.argv.includes('--keep')) console.log(`The copy is in ${copy}.`);
  else rmSync(copy, { recursive: true, force: true });
}
