/** CPU time and memory of other processes, as Linux tells it in /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux' clock tick: USER_HZ is 100 on every architecture that Node.js runs on. */
const tickMs = 10;

export interface ProcessTimes {
  pid: number;
  parent: number;
  command: string;
  threads: number;
  /** Milliseconds in user and system mode, all threads. */
  own: number;
  /** The same of children that have ended and were waited for. */
  ended: number;
}

/** Parses /proc/<pid>/stat: `pid (command) state ppid ...`; the command may have spaces and parentheses. */
export function parseStat(text: string): ProcessTimes {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  // proc(5) counts from 1 and the first two are before the parenthesis: field n is here at n - 3.
  const field = (n: number): number => Number(fields[n - 3]);
  return {
    pid: Number(text.slice(0, open)),
    parent: field(4),
    command: text.slice(open + 1, close),
    threads: field(20),
    own: (field(14) + field(15)) * tickMs,
    ended: (field(16) + field(17)) * tickMs,
  };
}

/**
 * One process. Of one with a single thread, such as PostgreSQL's are, to the nanosecond: of twenty backends that worked
 * 9 ms each, ticks would tell nothing.
 */
function readProcess(pid: string): ProcessTimes {
  const times = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (times.threads !== 1) return times;
  const [nanoseconds = ''] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
  return { ...times, own: Number(nanoseconds) / 1e6 };
}

/** What `read` gives; undefined where the process has ended meanwhile. */
function whileThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
}

const readProcesses = (): ProcessTimes[] =>
  readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? (whileThere(() => readProcess(name)) ?? []) : [],
  );

/** A process and all below it. */
export function treeOf(pid: number, all: readonly ProcessTimes[] = readProcesses()): ProcessTimes[] {
  return all
    .filter((one) => one.pid === pid)
    .concat(all.filter((one) => one.parent === pid).flatMap((one) => treeOf(one.pid, all)));
}

/** Milliseconds of CPU of a process and all below it, also of those that have ended: PostgreSQL's backends come and go. */
export const cpuOfTree = (pid: number): number =>
  treeOf(pid).reduce((sum, { own, ended }) => sum + own + ended, 0);

/** Milliseconds that all CPUs of the machine have worked, whoever for. */
export function cpuOfMachine(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) * tickMs;
}

const kilobytes = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? NaN);

/** Resident memory of one process in bytes. */
export const residentMemory = (pid: number): number =>
  kilobytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS') * 1_024;

/** Memory of a process and all below it in bytes, what they share counted once; NaN where we may not read it. */
export function memoryOfTree(pid: number): number {
  const shareOf = (one: ProcessTimes): number =>
    kilobytes(whileThere(() => readFileSync(`/proc/${one.pid}/smaps_rollup`, 'utf8')) ?? 'Pss: 0 kB', 'Pss') *
    1_024;
  try {
    return treeOf(pid).reduce((sum, one) => sum + shareOf(one), 0);
  } catch {
    return NaN;
  }
}
