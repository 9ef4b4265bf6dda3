import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A living process. Pids are used again, so `startedAt` (opaque) belongs to its identity. */
export interface RunningProcess {
  startedAt: string;
  commandLine: string;
  /** Its working folder, where the system tells (Linux). */
  folder: string | undefined;
}

/** Looks a process up by pid; undefined when there is none. A zombie is none: it holds no files, ports or memory. */
export async function findProcess(pid: number): Promise<RunningProcess | undefined> {
  return process.platform === 'linux' ? findOnLinux(pid) : findByPs(pid);
}

/** True as soon as the process is gone, false when it is still there after `timeoutMs`. */
export async function isGoneWithin(pid: number, timeoutMs: number): Promise<boolean> {
  for (const end = Date.now() + timeoutMs; ;) {
    if (!(await findProcess(pid))) return true;
    if (Date.now() > end) return false;
    await sleep(10);
  }
}

async function findOnLinux(pid: number): Promise<RunningProcess | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  // proc(5): "pid (name) state ... starttime", where the name may hold spaces and parentheses; starttime is field 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const [boot, commandLine, folder] = await Promise.all([
    // starttime counts from boot, so the boot is part of it
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    readlink(`/proc/${pid}/cwd`).catch(() => undefined),
  ]);
  return {
    startedAt: `${boot.trim()}:${fields[19]}`,
    commandLine: commandLine.replaceAll('\0', ' '),
    folder,
  };
}

async function findByPs(pid: number): Promise<RunningProcess | undefined> {
  const columns = ['stat=', 'lstart=', 'args='].map((column) =>
    run('ps', ['-ww', '-o', column, '-p', String(pid)], { env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' } }),
  );
  const answers = await Promise.all(columns).catch(() => undefined); // ps exits 1 when there is no such process
  const [stat, startedAt, commandLine] = (answers ?? []).map((answer) => answer.stdout.trim());
  if (!stat || stat.startsWith('Z') || !startedAt) return undefined;
  return { startedAt, commandLine: `${commandLine} `, folder: undefined };
}
