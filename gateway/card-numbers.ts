/**
 * Finds card numbers (PANs) in texts that clients send, so that none is processed, kept or logged. A card number is what
 * has an issuer's prefix in a length that it issues and a right check digit (ISO/IEC 7812), alone or in groups.
 */
import { clientError } from './errors.js';

/**
 * Prefixes and lengths of the big networks. Left out: 13 digits of Visa, which are not issued any more and are the EAN
 * barcodes of German goods and German mobile numbers, and 12 to 15 of Maestro.
 */
const issuers: readonly RegExp[] = [
  /^4(\d{15}|\d{18})$/, // Visa
  /^(5[1-5]\d{14}|2(22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})$/, // Mastercard
  /^3[47]\d{13}$/, // American Express
  /^(6011|64[4-9]\d|65\d\d)(\d{12}|\d{15})$/, // Discover
  /^3(0[0-5]|[689]\d)\d{11}(\d\d|\d{5})?$/, // Diners Club
  /^35(2[89]|[3-8]\d)\d{12,15}$/, // JCB
  /^62\d{14,17}$/, // UnionPay
];
const cardNumber = new RegExp(issuers.map(({ source }) => source).join('|'));
const shortest = 14;
const longest = 19;
/** Nobody writes a card number with fewer digits before the first space; times, dates and telephone numbers begin so. */
const firstGroup = 4;

/** Luhn's: from the right, every second digit doubled, its digits summed. */
function passesCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const weighted = i % 2 === 1 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

/** One space or dash of any kind may stand between two digits. */
const isSeparator = (code: number): boolean =>
  code === 0x20 ||
  code === 0x2d ||
  code === 0xa0 ||
  code === 0x2007 ||
  code === 0x202f ||
  (code >= 0x2010 && code <= 0x2013);
const separators = /[^\d]/;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
const uuidLength = 36;

/** From a digit on, where the digits end that have at most one separator between two; `step` is the direction. */
function endOfRun(text: string, from: number, step: 1 | -1): number {
  let at = from;
  for (;;) {
    if (isDigit(text.charCodeAt(at + step))) at += step;
    else if (isSeparator(text.charCodeAt(at + step)) && isDigit(text.charCodeAt(at + 2 * step)))
      at += 2 * step;
    else return at;
  }
}

/** Whether a run's first group is part of something else: a word, an id, a telephone number, the decimals of a number. */
function isTail(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - 2), start);
  // The letter of an escape in JSON (`\n`) is not one.
  return /\+$|\d\.$|\w$/.test(before) && !/\\[bfnrt]$/.test(before);
}

/** A run may hold more than the card number: an expiry date after it, a quantity before. */
function runHoldsCardNumber(text: string, start: number, end: number): boolean {
  const groups = text.slice(start, end).split(separators);
  const endsInWord = /\w/.test(text.charAt(end));
  for (let from = isTail(text, start) ? 1 : 0; from < groups.length; from += 1) {
    const first = groups[from] ?? '';
    if (first.length < firstGroup || !/^[2-6]/.test(first)) continue;
    let digits = '';
    for (let to = from; to < groups.length && digits.length <= longest; to += 1) {
      digits += groups[to] ?? '';
      if (digits.length < shortest || (to === groups.length - 1 && endsInWord)) continue;
      if (cardNumber.test(digits) && passesCheckDigit(digits)) return true;
    }
  }
  return false;
}

/** What a run has outside of UUIDs: one in thousands of them has groups that look like a card number. */
function outsideUuids(text: string, start: number, end: number): [start: number, end: number][] {
  const parts: [number, number][] = [];
  const offset = Math.max(0, start - uuidLength);
  let from = start;
  for (const { index } of text.slice(offset, end + uuidLength).matchAll(uuids)) {
    const uuid = offset + index;
    if (uuid >= end || uuid + uuidLength <= from) continue;
    if (uuid > from) parts.push([from, uuid]);
    from = uuid + uuidLength;
  }
  if (from < end) parts.push([from, end]);
  return parts;
}

/** JSON may hide any character behind its number. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\u([0-9a-f]{4})/gi, (_escape, code: string) => String.fromCharCode(parseInt(code, 16)));

/**
 * True when the text, JSON or not, holds a card number. A run of `shortest` digits covers one of any `shortest` characters
 * in a row, so only every fourteenth is looked at.
 */
export function holdsCardNumber(given: string): boolean {
  const text = given.includes('\\u') ? unescaped(given) : given;
  for (let at = shortest - 1; at < text.length; at += shortest) {
    const code = text.charCodeAt(at);
    if (!isDigit(code) && !(isSeparator(code) && isDigit(text.charCodeAt(at - 1)))) continue;
    const digit = isDigit(code) ? at : at - 1;
    const start = endOfRun(text, digit, -1);
    const end = endOfRun(text, digit, 1) + 1;
    at = Math.max(at, end);
    if (end - start < shortest) continue;
    if (!runHoldsCardNumber(text, start, end)) continue;
    if (outsideUuids(text, start, end).some((part) => runHoldsCardNumber(text, ...part))) return true;
  }
  return false;
}

/** Throws CARD_NUMBER_REFUSED (400) when one of the texts holds a card number; the message does not repeat it. */
export function refuseCardNumbers(...texts: string[]): void {
  if (texts.some(holdsCardNumber))
    throw clientError(
      'CARD_NUMBER_REFUSED',
      // Short enough for the reason of a closed WebSocket.
      "This holds a card number, which must not reach us: send the id of the provider's payment method instead.",
      400,
    );
}
