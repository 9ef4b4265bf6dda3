import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Whole or not at all, and never over one that is there: two starts at once, or one killed midway, leave one key. */
function writeOnce(file: string, text: string): void {
  const draft = `${file}.${randomUUID()}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
    linkSync(draft, file);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  } finally {
    closeSync(descriptor);
    rmSync(draft);
  }
}

/** The key that an operator did not give: made once, kept in the data folder, readable by its owner only. */
export function keepMasterKey(dataFolder: string): Buffer {
  mkdirSync(dataFolder, { recursive: true });
  const file = join(dataFolder, 'master.key');
  writeOnce(file, `${randomBytes(32).toString('base64')}\n`);
  const key = Buffer.from(readFileSync(file, 'utf8'), 'base64');
  if (key.length !== 32) {
    throw new Error(
      `${file} is not a master key (32 bytes in base64). Put the right one there; without it nothing that it sealed can be read.`,
    );
  }
  return key;
}
