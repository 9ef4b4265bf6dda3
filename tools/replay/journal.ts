/**
 * The replay's journal: one line of JSON for each finished invoice, on the disk before the next one of that customer begins.
 * It spares time, not correctness: without it the shop recognises every key and does nothing twice.
 */
import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ShopError } from '../retailer/session.js';
import type { Outcome } from '../retailer/account.js';

/** A line of an order that costs in the shop what it did not cost in the file. */
export interface Difference {
  invoiceNo: string;
  sku: string;
  quantity: number;
  /** What the file asked for all pieces, pence as text. */
  file: string;
  /** What the shop asked. */
  shop: string;
}

/** What became of one invoice. */
export interface Finished {
  /** The invoice's key in the plan. */
  key: string;
  /** The file's lines by outcome and reason. */
  entries: { outcome: Outcome; reason: string; lines: number[] }[];
  orderId?: string;
  /** Why the shop refused it, in its words. */
  refused?: string;
  /** A fault of the shop, not a decision: tried again by the next run. */
  again?: boolean;
  differences?: Difference[];
}

interface Heading {
  journal: 'hanse replay 1';
  file: string;
  url: string;
}

export interface Journal {
  /** What earlier runs finished, by key. */
  finished: ReadonlyMap<string, Finished>;
  /** Resolves when the line is on the disk. */
  write(entry: Finished): Promise<void>;
  close(): Promise<void>;
}

/** Whole lines only: one that a kill cut off was not finished. */
const wholeLines = (text: string): string[] => text.slice(0, text.lastIndexOf('\n') + 1).split('\n');

async function readJournal(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parse(path: string, lines: readonly string[]): unknown[] {
  return lines.filter(Boolean).map((line, i) => {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      throw new ShopError(
        `Line ${i + 1} of the journal ${path} is damaged. Move it away: nothing is placed twice.`,
      );
    }
  });
}

function checkHeading(path: string, heading: Heading, wanted: Heading): void {
  if (heading.journal !== wanted.journal) throw new ShopError(`${path} is no journal of a replay.`);
  if (heading.file !== wanted.file)
    throw new ShopError(`The journal ${path} belongs to another file. Name another one: --journal FILE`);
  if (heading.url !== wanted.url)
    throw new ShopError(
      `The journal ${path} belongs to the shop at ${heading.url}. Name another one: --journal FILE`,
    );
}

/** Writes what has gathered while the disk was busy with one sync: many workers share it. */
function createWriter(handle: FileHandle): (text: string) => Promise<void> {
  let waiting: { text: string; done: () => void; failed: (error: unknown) => void }[] = [];
  let writing = false;
  const drain = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await handle.appendFile(batch.map(({ text }) => text).join(''));
        await handle.datasync();
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    writing = false;
  };
  return (text) =>
    new Promise((done, failed) => {
      waiting.push({ text, done, failed });
      if (!writing) void drain();
    });
}

/**
 * Opens the journal, or begins it.
 * @param file fingerprint of the retailer's file
 * @throws ShopError when it belongs to another file or shop
 */
export async function openJournal(path: string, file: string, url: string): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true });
  const text = await readJournal(path);
  const [heading, ...entries] = parse(path, wholeLines(text)) as [Heading | undefined, ...Finished[]];
  const wanted: Heading = { journal: 'hanse replay 1', file, url };
  if (heading) checkHeading(path, heading, wanted);
  const handle = await open(path, 'a');
  await handle.truncate(Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
  const append = createWriter(handle);
  if (!heading) await append(`${JSON.stringify(wanted)}\n`);
  return {
    finished: new Map(entries.filter(({ again }) => !again).map((entry) => [entry.key, entry])),
    write: (entry) => append(`${JSON.stringify(entry)}\n`),
    close: () => handle.close(),
  };
}
