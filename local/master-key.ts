import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The key that an operator did not give: made once, kept in the data folder, readable by its owner only. */
export function keepMasterKey(dataFolder: string): Buffer {
  mkdirSync(dataFolder, { recursive: true });
  const file = join(dataFolder, 'master.key');
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
  const key = Buffer.from(readFileSync(file, 'utf8'), 'base64');
  if (key.length !== 32) {
    throw new Error(
      `${file} is not a master key (32 bytes in base64). Put the right one there; without it nothing that it sealed can be read.`,
    );
  }
  return key;
}
