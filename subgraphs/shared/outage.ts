/** Codes of Node.js, Prisma, Postgres and our own subgraphs for a server that is not there, goes away or has no connection left. */
const codes =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|P1001|P1002|P1008|P1017|P2024|P2028|57P0[1-3]|08\d{3}|53300|SERVICE_UNAVAILABLE|PROVIDER_UNAVAILABLE)$/;
const words =
  /Connection terminated|connection is closed|server closed the connection|timeout exceeded when trying to connect/i;

interface Coded {
  code?: unknown;
  originalCode?: unknown;
  message?: unknown;
  cause?: unknown;
  meta?: { driverAdapterError?: unknown };
}

/** Whether an error, or what caused it, says that the database cannot be reached: to be tried again, nothing is broken. */
export function isOutage(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, originalCode, message, cause, meta } = error as Coded;
  if (typeof code === 'string' && codes.test(code)) return true;
  if (typeof originalCode === 'string' && codes.test(originalCode)) return true;
  if (typeof message === 'string' && words.test(message)) return true;
  return isOutage(cause) || isOutage(meta?.driverAdapterError);
}
