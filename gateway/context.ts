/** The context of one operation, the same for every transport. */
import { randomUUID } from 'node:crypto';
import type { FormattedExecutionResult } from 'graphql';
import { holdsCardNumber } from './card-numbers.js';
import type { Caller } from './source.js';

export interface GatewayContext {
  caller: Caller;
  /** Where the transport takes more than one result; absent where it can't, as in an answer to a plain HTTP POST. */
  slot?: StreamSlot;
}

/** The executor leaves the stream of a subscription here. An object of its own, because Apollo Server copies the context. */
export interface StreamSlot {
  stream?: AsyncIterableIterator<FormattedExecutionResult>;
}

const saneId = /^[\w.:-]{1,128}$/;

/** The client's own id where it is harmless in a log line and a header, else a new one. */
export const correlationIdOf = (given: unknown): string =>
  typeof given === 'string' && saneId.test(given) && !holdsCardNumber(given) ? given : randomUUID();

/** Picks the allow-listed names out of headers or `connectionParams`, whatever case they are written in. */
export function allowedHeaders(
  from: Record<string, unknown>,
  allowed: readonly string[],
): Record<string, string> {
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  const entries = Object.entries(from).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => names.has(entry[0]) && typeof entry[1] === 'string'),
  );
}

/**
 * The country that the client's connection comes from, as a proxy in front says in its header; undefined where no header is
 * named, or what it says is no country (`XX` and `T1` of some stand for unknown and for Tor). Never from `connectionParams`.
 */
export function clientCountryOf(
  headers: Record<string, unknown>,
  countryHeader: string | undefined,
): string | undefined {
  const given = countryHeader === undefined ? undefined : headers[countryHeader.toLowerCase()];
  const country = typeof given === 'string' ? given.trim().toUpperCase() : '';
  return /^[A-Z]{2}$/.test(country) && country !== 'XX' ? country : undefined;
}

/**
 * The client's address. Each trusted proxy appends the address it saw to `x-forwarded-for`, so with n of them the n-th from
 * the right is the client's; whatever is left of it the client may have made up.
 */
export function clientAddressOf(
  remote: string | undefined,
  forwardedFor: string | undefined,
  trustedProxies: number,
): string | undefined {
  if (trustedProxies === 0) return remote;
  const hops = (forwardedFor ?? '').split(',').map((hop) => hop.trim());
  return hops.at(-trustedProxies) || remote;
}
