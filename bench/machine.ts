/** What was measured, on what: the head of every table. */
import { execFileSync } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface Machine {
  cpu: string;
  cores: number;
  memory: number;
  system: string;
  /** Of the last minute, before anything was measured. */
  loadBefore: number;
  node: string;
  /** With `+` where the working copy has changes. */
  commit: string;
  date: string;
}

function git(...parameters: string[]): string | undefined {
  try {
    const cwd = new URL('..', import.meta.url);
    return execFileSync('git', parameters, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

export function describeMachine(): Machine {
  const commit = git('rev-parse', '--short', 'HEAD') ?? 'unknown';
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
    loadBefore: loadavg()[0] ?? NaN,
    node: process.version,
    commit: git('status', '--porcelain') ? `${commit}+` : commit,
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
  };
}
