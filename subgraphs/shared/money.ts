/** Money: integer minor units with the exponent of its own currency (JPY 0, EUR 2, KWD 3). No float ever holds it. */
import { LRUCache } from 'lru-cache';

export interface Money {
  /** Minor units: cents, pence, yen. */
  amount: bigint;
  /** ISO 4217. */
  currencyCode: string;
}

export const money = (amount: bigint, currencyCode: string): Money => ({ amount, currencyCode });

const exponents = new Map<string, number>();

/** Digits after the decimal point by ISO 4217, as the runtime's CLDR data has them. */
export function exponentOf(currencyCode: string): number {
  let exponent = exponents.get(currencyCode);
  if (exponent === undefined) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency: currencyCode });
    exponent = format.resolvedOptions().maximumFractionDigits ?? 2;
    exponents.set(currencyCode, exponent);
  }
  return exponent;
}

const codes = new Set(Intl.supportedValuesOf('currency'));
export const isCurrencyCode = (text: string): boolean => codes.has(text);

/** `1999n, 'EUR'` is `"19.99"`. */
export function toDecimal({ amount, currencyCode }: Money): string {
  const exponent = exponentOf(currencyCode);
  const digits = (amount < 0n ? -amount : amount).toString().padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = exponent ? `.${digits.slice(-exponent)}` : '';
  return `${amount < 0n ? '-' : ''}${whole}${fraction}`;
}

/** `"19.99", 'EUR'` is `1999n`; null where the text is no decimal or has more digits than the currency. */
export function fromDecimal(decimal: string, currencyCode: string): bigint | null {
  const match = /^(-?)(\d{1,15})(?:\.(\d+))?$/.exec(decimal);
  if (!match) return null;
  const [, sign = '', whole = '', fraction = ''] = match;
  const exponent = exponentOf(currencyCode);
  if (fraction.length > exponent) return null;
  const amount = BigInt(whole + fraction.padEnd(exponent, '0'));
  return sign ? -amount : amount;
}

/** Making one costs seventy times what using it does. Clients name the locale, so there are at most so many. */
const formats = new LRUCache<string, Intl.NumberFormat>({ max: 500 });

function formatOf(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.NumberFormat(locale, { style: 'currency', currency })));
  return format;
}

/** For people: `"€19.99"`, `"19,99 €"`. The decimal goes in as text, which Intl formats exactly. */
export function formatMoney(value: Money, locale: string): string {
  return formatOf(locale, value.currencyCode).format(toDecimal(value) as Intl.StringNumericLiteral);
}

/** What happens to a half: HALF_UP goes away from zero, as tax laws and Stripe have it; HALF_EVEN to the even neighbour. */
export const roundings = ['HALF_UP', 'HALF_EVEN'] as const;
export type Rounding = (typeof roundings)[number];

/** `amount * numerator / denominator`, rounded to a whole unit. `denominator` is positive. */
export function proportion(
  amount: bigint,
  numerator: bigint,
  denominator: bigint,
  rounding: Rounding = 'HALF_UP',
): bigint {
  const product = amount * numerator;
  const size = product < 0n ? -product : product;
  const whole = size / denominator;
  const twice = (size % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && (rounding === 'HALF_UP' || whole % 2n === 1n));
  const rounded = up ? whole + 1n : whole;
  return product < 0n ? -rounded : rounded;
}

/**
 * Splits `total` over `weights` so that the parts sum up to it exactly: each part is rounded down, the units that
 * are left go to the largest remainders, the earlier one where they are equal (Hamilton's method).
 */
export function allocate(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((a, b) => a + b, 0n);
  if (sum === 0n) return weights.map(() => 0n);
  const parts = weights.map((weight) => (total * weight) / sum);
  let left = total - parts.reduce((a, b) => a + b, 0n);
  const step = left < 0n ? -1n : 1n;
  const remainder = (i: number): bigint => {
    const rest = (total * (weights[i] ?? 0n)) % sum;
    return rest < 0n ? -rest : rest;
  };
  const order = weights
    .map((_, i) => i)
    .sort((a, b) => (remainder(b) > remainder(a) ? 1 : remainder(b) < remainder(a) ? -1 : a - b));
  for (const i of order) {
    if (left === 0n) break;
    parts[i] = (parts[i] ?? 0n) + step;
    left -= step;
  }
  return parts;
}
