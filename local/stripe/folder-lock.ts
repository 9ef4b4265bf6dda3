// One sandbox per data folder: two writers would ruin the journal.
import { createHash } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class FolderInUseError extends Error {
  constructor(folder: string) {
    super(`${folder} is in use by another Stripe sandbox. Stop that one or choose another folder.`);
    this.name = 'FolderInUseError';
  }
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(address, () => resolve(server.unref()));
  });
}

/**
 * Takes the folder until `release` is called or the process ends, however it ends: the lock is a listening socket,
 * which no kill leaves behind. (A file with a process id would: ids are used again, in containers at once.)
 */
export async function lockFolder(folder: string): Promise<{ release(): Promise<void> }> {
  await mkdir(folder, { recursive: true });
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 24);
  const isWindows = process.platform === 'win32';
  const address = isWindows
    ? `\\\\.\\pipe\\stripe-sandbox-${name}`
    : join(tmpdir(), `stripe-sandbox-${name}.sock`);
  if (await answers(address)) throw new FolderInUseError(folder);
  if (!isWindows) await rm(address, { force: true });
  const server = await listen(address);
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}
