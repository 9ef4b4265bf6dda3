/** The part of a structured logger that the gateway uses; pino fits it. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

type Line = (message?: unknown) => void;

/** The shape that Apollo's libraries log to: one text, no facts. */
export function apolloLogger(log: Log): { debug: Line; info: Line; warn: Line; error: Line } {
  const line =
    (level: keyof Log): Line =>
    (message) =>
      log[level]({ library: 'apollo' }, String(message));
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
