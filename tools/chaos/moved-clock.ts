/**
 * Part of the programs that `npm run chaos` builds, and of no others: the time that they read. It runs as the machine's does,
 * ahead by what stands in a file, so that hours of waiting pass for all of them in a moment.
 */
import { readFileSync } from 'node:fs';

const file = process.env['HANSE_CHAOS_CLOCK'];
let aheadMs = 0;

function look(): void {
  if (!file) return;
  try {
    aheadMs = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    // Not written yet: the time is the machine's.
  }
}
look();
setInterval(look, 20).unref();

/** The machine's time and what the file says. */
export const movedNow = (): Date => new Date(Date.now() + aheadMs);
