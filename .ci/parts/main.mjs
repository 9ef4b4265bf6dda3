// Starts all parts, runs a command with their variables set, stops them: see ../with-parts.

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { installMissing } from './install.mjs';
import { parts } from './list.mjs';
import { SETPRIV, endOfLog, hasEnded, stopServer } from './server.mjs';

const FOLDER_PREFIX = 'hanse-parts-';
/** @type {{ name: string, server: import('./server.mjs').Server }[]} */
const started = [];
/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
/** @type {NodeJS.Signals | undefined} */
let interrupted;

const [program, ...args] = process.argv.slice(2);
if (!program) {
  console.error('usage: .ci/with-parts COMMAND [ARGUMENT...]');
  process.exit(2);
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    interrupted = signal;
    // Ctrl-C in a terminal reaches the command by itself, and a second one would make it give up at once.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) running?.kill(signal);
  });
}
removeLeftovers();
const folder = mkdtempSync(path.join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
chmodSync(folder, 0o711); // the parts run as other users, each in a folder of its own in here
try {
  process.exitCode = await main();
} catch (error) {
  console.error(`[parts] ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await Promise.all(started.map(({ server }) => stopServer(server)));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  if (started.length > 0) console.error('[parts] stopped');
}

/** @returns {Promise<number>} the exit status */
async function main() {
  const begin = Date.now();
  installMissing([{ program: SETPRIV, package: 'util-linux' }, ...parts.flatMap((part) => part.needs())]);
  const results = await Promise.allSettled(parts.map((part) => start(part)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  const urls = Object.fromEntries(
    results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
  );
  console.error(`[parts] all ready after ${seconds(begin)}`);
  if (interrupted) return 128 + constants.signals[interrupted];

  const status = await run(urls);
  for (const { name, server } of started) {
    if (hasEnded(server)) console.error(`[parts] ${name} ended before the command did:\n${endOfLog(server)}`);
  }
  return status;
}

/**
 * @param {import('./list.mjs').Part} part
 * @returns {Promise<[variable: string, url: string]>}
 */
async function start(part) {
  const begin = Date.now();
  try {
    const own = path.join(folder, part.variable.replace('_URL', '').toLowerCase());
    mkdirSync(own);
    const { server, ready, url } = await part.start(own);
    started.push({ name: part.name, server });
    await ready();
    console.error(`[parts] ${part.name} ready after ${seconds(begin)}, pid ${server.child.pid}`);
    return [part.variable, url];
  } catch (error) {
    throw new Error(`${part.name}: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * @param {Record<string, string>} urls
 * @returns {Promise<number>} the command's exit status, as a shell would give it
 */
function run(urls) {
  return new Promise((resolve, reject) => {
    // The command too is asked to end if we are killed.
    const command = ['--pdeathsig', 'TERM', '--', String(program), ...args];
    running = spawn(SETPRIV, command, { stdio: 'inherit', env: { ...process.env, ...urls } });
    running.once('error', reject);
    running.once('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 1)));
  });
}

/** Folders of runs that were killed with -9. Their servers are gone: the kernel ended them with the run (setpriv). */
function removeLeftovers() {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    // Somebody else's leftovers are theirs to remove.
    try {
      rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      console.error(`[parts] could not remove ${name} of an earlier run`);
    }
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {number} begin */
function seconds(begin) {
  return `${((Date.now() - begin) / 1000).toFixed(1)} s`;
}
