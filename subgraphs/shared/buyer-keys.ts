/**
 * What buyers are told apart by, for the rules and lists of risk: keyed hashes, made where a value is known and compared in
 * payments. All subgraphs of a shop make the same one of the same value, and none tells the value.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Vault } from './vault.js';

type Hashing = Pick<Vault, 'blindIndex'>;

const hashOf = (vault: Hashing, purpose: string, text: string): string =>
  Buffer.from(vault.blindIndex(purpose, text)).toString('base64url');

export interface PostalAddress {
  line1: string;
  line2: string | null;
  city: string;
  postalCode: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
}

/** One way of writing for an address, whatever its letter case, accents, spaces and signs. */
export const sameAddress = ({ country, postalCode, city, line1, line2 }: PostalAddress): string =>
  [country, postalCode, city, line1, line2 ?? '']
    .map((part) =>
      part
        .toLowerCase()
        .replaceAll('ß', 'ss')
        .normalize('NFKD')
        .replace(/[^\p{Letter}\p{Number}]/gu, ''),
    )
    .join('|');

export const addressKeyOf = (vault: Hashing, address: PostalAddress): string =>
  hashOf(vault, 'address', sameAddress(address));

/** One way of writing for a mailbox: letter case, and what stands after a plus, make no other one. */
export function sameMailbox(email: string): string {
  const text = email.trim().toLowerCase().normalize('NFKC');
  const at = text.lastIndexOf('@');
  return text.slice(0, at).replace(/(?<=.)\+.*/, '') + text.slice(at);
}

export const mailKeyOf = (vault: Hashing, email: string): string =>
  hashOf(vault, 'risk-mail', sameMailbox(email));

const groupsOf = (part: string | undefined): string[] => (part ? part.split(':') : []);

/**
 * One way of writing for where a connection comes from, null for what is no IP address: an IPv4 address, or the 64 leading
 * bits of an IPv6 address, since one connection has all that follow.
 */
export function sameConnection(address: string): string | null {
  const plain = address
    .trim()
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.)/, '');
  if (isIPv4(plain)) return plain;
  if (!isIPv6(plain) || plain.includes('%')) return null;
  const [head, tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

/** Null for what is no IP address. */
export function ipKeyOf(vault: Hashing, address: string): string | null {
  const text = sameConnection(address);
  return text === null ? null : hashOf(vault, 'risk-ip', text);
}
