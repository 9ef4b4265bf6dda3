/** Where goods go, as far as taxes and prices of shipping depend on it: nobody's name or street. */
import type { Address } from '../order/address.js';
import { regionCodes } from './regions.js';

export interface Destination {
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** ISO 3166-2 without the country, `NY`, or as it was written, in upper case; null: unknown. */
  region: string | null;
  /** Upper case, without blanks and hyphens. */
  postalCode: string;
  city: string;
}

/** `23 552` and `23-552` are `23552`. */
export const plainPostalCode = (text: string): string => text.toUpperCase().replace(/[\s-]/g, '');

/**
 * `US-NY`, `ny` and `New York` are `NY`. Where the codes of a country's regions are known, anything else is null: a tax
 * must not depend on a misspelling.
 */
export function regionOf(country: string, text: string | null): string | null {
  const plain = (text ?? '')
    .trim()
    .toUpperCase()
    .replace(new RegExp(`^${country}-`), '');
  if (plain === '') return null;
  const codes = regionCodes[country];
  return codes ? (codes.get(plain) ?? null) : plain;
}

export const destinationOf = ({ country, state, postalCode, city }: Address): Destination => ({
  country,
  region: regionOf(country, state),
  postalCode: plainPostalCode(postalCode),
  city,
});
