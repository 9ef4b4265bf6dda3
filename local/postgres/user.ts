import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';
import { PostgresStartError } from './errors.js';

const run = promisify(execFile);

/** The user PostgreSQL runs as when we are root, which it refuses to run as. */
export interface RunAs {
  uid: number;
  gid: number;
  name: string;
}

/** True when this process is root; PostgreSQL then needs another user. */
export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** `postgres` if the machine has that user, else `nobody`. Asked of `id`, so that LDAP and macOS users count too. */
export async function findServiceUser(): Promise<RunAs> {
  for (const name of ['postgres', 'nobody']) {
    const answers = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]).catch(
      () => undefined,
    );
    if (answers) return { uid: Number(answers[0].stdout), gid: Number(answers[1].stdout), name };
  }
  throw new PostgresStartError(
    'NO_USER',
    'PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody" to run it as. ' +
      'Start as an ordinary user, make such a user (useradd --system postgres), or set DATABASE_URL.',
  );
}

/** The part of spawn's options that makes a child run as that user; empty when it is ourselves. */
export function credentials(runAs: RunAs | undefined): { uid?: number; gid?: number } {
  return runAs ? { uid: runAs.uid, gid: runAs.gid } : {};
}

/** Can that user enter this folder? Asked of the kernel as that user, so that ACLs and mounts count too. */
export async function canEnter(folder: string, runAs: RunAs | undefined): Promise<boolean> {
  const answer = runAs
    ? run('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...credentials(runAs), cwd: '/' })
    : access(folder, constants.X_OK);
  return answer.then(
    () => true,
    () => false,
  );
}
