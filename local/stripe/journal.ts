// The journal: an append-only file of JSON lines, one line per atomic state change, on disk before the answer leaves.
import { open, readFile, rename, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Journal {
  /** Takes one change in; resolves when it is on disk. Changes that arrive together share one write and one fsync. */
  append(change: unknown): Promise<void>;
  /** Resolves when everything appended so far is on disk; rejects for good after a write has failed. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

/** What a journal holds that cannot be read: not a torn end, which is dropped, but damage before it. */
export class JournalDamagedError extends Error {
  constructor(file: string, line: number) {
    super(
      `${file} is damaged at line ${String(line)}: restore it from a backup or move it away to start empty.`,
    );
    this.name = 'JournalDamagedError';
  }
}

function parseLine(bytes: Buffer): { change: unknown } | undefined {
  try {
    return { change: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return undefined;
  }
}

/**
 * Reads a journal back, oldest change first, and returns its length in bytes. A last line that a crash tore was
 * never acknowledged: it is ignored and cut off, so that the next change does not continue it.
 */
export async function replayJournal(file: string, apply: (change: unknown) => void): Promise<number> {
  const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  let start = 0;
  for (let line = 1; start < content.length; line++) {
    const end = content.indexOf(0x0a, start);
    const parsed = end < 0 ? undefined : parseLine(content.subarray(start, end));
    if (parsed === undefined) {
      // A batch is written in one piece, so only the very last line can be torn.
      if (end >= 0 && end < content.length - 1) throw new JournalDamagedError(file, line);
      await truncate(file, start);
      return start;
    }
    apply(parsed.change);
    start = end + 1;
  }
  return start;
}

async function syncFolder(file: string): Promise<void> {
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}

/** Replaces the journal by one that holds only `changes`; a crash leaves either the old file or the new one. */
export async function rewriteJournal(file: string, changes: Iterable<unknown>): Promise<void> {
  const fresh = `${file}.new`;
  const handle = await open(fresh, 'w');
  try {
    for (const change of changes) await handle.appendFile(`${JSON.stringify(change)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  await syncFolder(file);
}

/** Opens the journal for appending. */
export async function openJournal(file: string): Promise<Journal> {
  const handle = await open(file, 'a');
  await syncFolder(file);
  let waiting: string[] = [];
  let writing: Promise<void> | undefined;

  async function writeBatches(): Promise<void> {
    // Gives everything that arrives in this turn of the event loop the same fsync.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.join('');
      waiting = [];
      await handle.appendFile(batch);
      await handle.datasync();
    }
    writing = undefined;
  }

  // After a failed write `writing` stays rejected: memory is then ahead of the disk and no answer may leave any more.
  function append(change: unknown): Promise<void> {
    waiting.push(`${JSON.stringify(change)}\n`);
    writing ??= writeBatches();
    return writing;
  }

  return {
    append,
    flushed: () => writing ?? Promise.resolve(),
    async close() {
      await (writing ?? Promise.resolve()).finally(() => handle.close());
    },
  };
}
