// What the three parts have in common: a server process of a user of its own, on a free port of loopback.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * @typedef {object} Server
 * @property {import('node:child_process').ChildProcess} child
 * @property {NodeJS.Signals} stopSignal asks for a clean and quick end
 * @property {string} log path of what the server printed
 */

/** Program that runs a command as another user; also lets the kernel end the command when we end, even by kill -9. */
export const SETPRIV = '/usr/bin/setpriv';

/**
 * Starts a server in its folder. It must stay in the foreground, so that its pid is the one we know.
 * @param {object} options
 * @param {string[]} options.command
 * @param {string} options.folder working directory, handed over to the user
 * @param {string} options.log file for its output
 * @param {string} options.user who runs it if we are root; if not, we do
 * @param {NodeJS.Signals} options.stopSignal
 * @param {Record<string, string>} [options.env] added to ours
 * @returns {Server}
 */
export function startServer({ command, folder, log, user, stopSignal, env }) {
  const out = openSync(log, 'a');
  const child = spawn(
    SETPRIV,
    ['--pdeathsig', stopSignal.replace('SIG', ''), ...asUser(user, folder), '--', ...command],
    // Detached, so that Ctrl-C reaches the command under test and not, before it, the servers it is using.
    {
      cwd: folder,
      stdio: ['ignore', out, out],
      detached: true,
      env: { ...process.env, HOME: folder, ...env },
    },
  );
  closeSync(out);
  return { child, stopSignal, log };
}

/**
 * Runs a command to its end in a folder, as the user who will run the server there.
 * @param {string[]} command
 * @param {string} folder
 * @param {string} user
 */
export async function runAs(command, folder, user) {
  await promisify(execFile)(SETPRIV, [...asUser(user, folder), '--', ...command], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
  });
}

/**
 * setpriv's options for a user, after giving them the folder; none if we are not root.
 * @param {string} user
 * @param {string} folder
 */
function asUser(user, folder) {
  if (process.getuid?.() !== 0) return ['--no-new-privs'];
  execFileSync('chown', ['-R', `${user}:`, folder]);
  const group = execFileSync('id', ['-gn', user], { encoding: 'utf8' }).trim();
  return ['--reuid', user, '--regid', group, '--init-groups', '--no-new-privs'];
}

/**
 * Waits until the server answers.
 * @param {Server} server
 * @param {() => Promise<boolean>} answers false or a throw means not yet
 * @param {number} seconds
 * @throws with the end of the server's log, if it ends or the time is over
 */
export async function waitUntil(server, answers, seconds) {
  const deadline = Date.now() + seconds * 1000;
  while (!hasEnded(server)) {
    if (await answers().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`no answer after ${seconds} s\n${endOfLog(server)}`);
    await sleep(100);
  }
  throw new Error(`ended while starting\n${endOfLog(server)}`);
}

/**
 * Ends a server: cleanly, or after ten seconds by force.
 * @param {Server} server
 */
export async function stopServer(server) {
  if (hasEnded(server)) return;
  const ended = new Promise((resolve) => server.child.once('exit', resolve));
  server.child.kill(server.stopSignal);
  const force = setTimeout(() => server.child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(force);
}

/** @param {Server} server */
export function hasEnded({ child }) {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** @param {Server} server */
export function endOfLog({ log }) {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-30).join('\n');
}

/**
 * A port of loopback that is free now. Below 32768, because above it the kernel gives ports to outgoing connections.
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
