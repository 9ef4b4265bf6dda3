/** The file's names of countries as ISO 3166-1 codes. */

const byName: Record<string, string> = {
  Australia: 'AU',
  Austria: 'AT',
  Bahrain: 'BH',
  Belgium: 'BE',
  Brazil: 'BR',
  Canada: 'CA',
  Cyprus: 'CY',
  'Czech Republic': 'CZ',
  Denmark: 'DK',
  EIRE: 'IE',
  Finland: 'FI',
  France: 'FR',
  Germany: 'DE',
  Greece: 'GR',
  'Hong Kong': 'HK',
  Iceland: 'IS',
  Israel: 'IL',
  Italy: 'IT',
  Japan: 'JP',
  Lebanon: 'LB',
  Lithuania: 'LT',
  Malta: 'MT',
  Netherlands: 'NL',
  Norway: 'NO',
  Poland: 'PL',
  Portugal: 'PT',
  RSA: 'ZA',
  'Saudi Arabia': 'SA',
  Singapore: 'SG',
  Spain: 'ES',
  Sweden: 'SE',
  Switzerland: 'CH',
  'United Arab Emirates': 'AE',
  'United Kingdom': 'GB',
  USA: 'US',
};

/**
 * Names that are no country. An order needs one: Jersey is the larger part of the Channel Islands; the other two are
 * taken as the shop's own country, and the account says how often.
 */
const assumed: Record<string, string> = {
  'Channel Islands': 'JE',
  'European Community': 'GB',
  Unspecified: 'GB',
};

export interface Country {
  code: string;
  /** Whether the code is our choice and not the file's word. */
  assumed: boolean;
}

/** The country, or null for a name that the table has not. */
export function countryOf(name: string): Country | null {
  const code = byName[name];
  if (code) return { code, assumed: false };
  const choice = assumed[name];
  return choice ? { code: choice, assumed: true } : null;
}

/** Every code that an order of the file can go to. */
export const countryCodes: readonly string[] = [
  ...new Set([...Object.values(byName), ...Object.values(assumed)]),
].sort();
