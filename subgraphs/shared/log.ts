import pino, { type Logger } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** Structured log lines; what could name a person or open a door is taken out whoever logs it. */
export function createLog(level: string, name: string): Logger {
  return pino({
    level,
    base: { name },
    redact: {
      paths: ['*.password', '*.token', '*.authorization', '*.email', '*.phone'],
      censor: '[redacted]',
    },
  });
}
