/** How the programs end: a code for scripts, and words instead of a stack where a person can act. */
import { RefusedError } from '../../client/errors.js';
import { UsageError } from './options.js';
import { RetailerFileError } from './read.js';
import { explainShop, ShopError } from './session.js';

export const exitCodes = { done: 0, failed: 1, usage: 2, stopped: 130 } as const;

const isUsage = (error: unknown): boolean =>
  error instanceof UsageError ||
  String((error as { code?: unknown }).code ?? '').startsWith('ERR_PARSE_ARGS');

/** Runs the program and sets the exit code. */
export async function endWith(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (thrown) {
    const error = explainShop(thrown);
    const known =
      isUsage(error) ||
      error instanceof ShopError ||
      error instanceof RetailerFileError ||
      error instanceof RefusedError;
    process.stderr.write(
      `\n${known ? (error as Error).message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = isUsage(error) ? exitCodes.usage : exitCodes.failed;
  }
}
