/** What an error of the database, or of what lies between it and us, means for who called. */

interface Coded {
  code?: unknown;
  originalCode?: unknown;
  message?: unknown;
  cause?: unknown;
  meta?: { driverAdapterError?: unknown };
}

/** Whether the error, or what caused it, has such a code or says such words: drivers nest them differently. */
function says(error: unknown, codes: RegExp, words: RegExp): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, originalCode, message, cause, meta } = error as Coded;
  if ([code, originalCode].some((one) => typeof one === 'string' && codes.test(one))) return true;
  if (typeof message === 'string' && words.test(message)) return true;
  return says(cause, codes, words) || says(meta?.driverAdapterError, codes, words);
}

/** Codes of Node.js, Prisma, Postgres and our own subgraphs for a server that is not there or has no connection left. */
const outageCodes =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|P1001|P1002|P1008|P1017|P2024|P2028|57P0[1-3]|08\d{3}|53300|SERVICE_UNAVAILABLE|PROVIDER_UNAVAILABLE)$/;
const outageWords =
  /Connection terminated|connection is closed|server closed the connection|timeout exceeded when trying to connect|after calling end on the pool|is not queryable/i;

/** The database cannot be reached: nothing is broken, the same call may be made again later. */
export const isOutage = (error: unknown): boolean => says(error, outageCodes, outageWords);

/** Too many wanted the same rows: it waited longer than it may, or lost again and again. Nothing was done. */
export const isOverrun = (error: unknown): boolean =>
  isTransient(error) || says(error, /^(57014|55P03)$/, /canceling statement due to (statement|lock) timeout/);

/** Serialisation failure or deadlock: nothing was done, and the same work may succeed when run again at once. */
export const isTransient = (error: unknown): boolean =>
  says(error, /^(40001|40P01|P2034)$/, /TransactionWriteConflict|deadlock detected|could not serialize/);
