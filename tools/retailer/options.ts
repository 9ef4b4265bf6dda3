/** What both programs are told: the file, the shop, who signs in, how many workers. */
import type { ParseArgsConfig } from 'node:util';
import type { SessionOptions } from './session.js';

/** The command line is wrong; the message says how it is right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** For `parseArgs` of node:util. */
export const commonOptions = {
  url: { type: 'string' },
  email: { type: 'string' },
  password: { type: 'string' },
  workers: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

export const commonHelp = `  --url URL            the gateway's /graphql (http://127.0.0.1:4000/graphql)
  --email, --password  staff who may do it: an administrator; HANSE_PASSWORD keeps the password off the command line,
                       HANSE_TOKEN is an access token instead of both (it is not renewed)
  --workers N          how many requests at a time, 1 to 64
  --json               the report as JSON on stdout; progress goes to stderr
  --help               this`;

/** A whole number within bounds. */
export function wholeOption(name: string, text: string | undefined, min: number, max: number): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new UsageError(`--${name} is a number from ${min} to ${max}, not ${text}.`);
  return value;
}

interface Given {
  url?: string | undefined;
  email?: string | undefined;
  password?: string | undefined;
}

/** Where the shop is and who signs in. */
export function shopOptions(given: Given, env: NodeJS.ProcessEnv): Pick<SessionOptions, 'url' | 'staff'> {
  const url = given.url ?? 'http://127.0.0.1:4000/graphql';
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw new UsageError(`--url is an address such as http://127.0.0.1:4000/graphql, not ${url}.`);
  const password = given.password ?? env['HANSE_PASSWORD'];
  if (given.email && password) return { url, staff: { email: given.email, password } };
  const token = env['HANSE_TOKEN'];
  if (token) return { url, staff: { token } };
  throw new UsageError('Say who signs in: --email and --password (or HANSE_PASSWORD), or HANSE_TOKEN.');
}
