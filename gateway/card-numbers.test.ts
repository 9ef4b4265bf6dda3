/** What is a card number, and what of a shop's bodies only looks like one. */
import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holdsCardNumber } from './card-numbers.js';

/** The digit that makes the number pass Luhn's check, worked out another way than the code does: by trying. */
function withCheckDigit(start: string): string {
  const luhn = (digits: string): number =>
    [...digits].reverse().reduce((sum, digit, i) => {
      const weighted = String(Number(digit) * (i % 2 === 0 ? 1 : 2));
      return sum + [...weighted].reduce((a, b) => a + Number(b), 0);
    }, 0);
  return [...'0123456789'].map((digit) => start + digit).find((number) => luhn(number) % 10 === 0) ?? '';
}

const issued: [prefixes: string[], lengths: number[]][] = [
  [['4'], [16, 19]],
  [['51', '52', '53', '54', '55', '2221', '2229', '223', '229', '23', '26', '270', '271', '2720'], [16]],
  [['34', '37'], [15]],
  [
    ['6011', '644', '649', '65'],
    [16, 19],
  ],
  [
    ['300', '305', '36', '38', '39'],
    [14, 16, 19],
  ],
  [
    ['3528', '3529', '353', '358'],
    [16, 17, 18, 19],
  ],
  [['62'], [16, 17, 18, 19]],
];
const cardNumber = fc
  .constantFrom(
    ...issued.flatMap(([prefixes, lengths]) =>
      prefixes.flatMap((prefix) => lengths.map((length) => ({ prefix, length }))),
    ),
  )
  .chain(({ prefix, length }) =>
    fc
      .array(fc.integer({ min: 0, max: 9 }), {
        minLength: length - prefix.length - 1,
        maxLength: length - prefix.length - 1,
      })
      .map((digits) => withCheckDigit(prefix + digits.join(''))),
  );

/** As people write it: in one, in fours, or as American Express prints it. */
const written = fc
  .tuple(cardNumber, fc.constantFrom('', ' ', '-', '\u00a0', '\u2013'), fc.boolean())
  .map(([number, separator, american]) =>
    american
      ? [number.slice(0, 4), number.slice(4, 10), number.slice(10)].join(separator)
      : (number.match(/.{1,4}/g) ?? []).join(separator),
  );

/** Where it may stand in a body. */
const places: ((number: string) => string)[] = [
  (number) => number,
  (number) => JSON.stringify({ query: `mutation { pay(card: "${number}") { id } }` }),
  (number) => JSON.stringify({ variables: { input: { text: `My card:\n${number} 12/28 123` } } }),
  (number) => JSON.stringify({ variables: { input: { text: `2 ${number}, please` } } }),
  (number) => JSON.stringify({ [number]: null }),
  (number) => `{"key":"${randomUUID()} ${number}"}`,
  (number) => `{"query":"{ a }","variables":{"n":"${number.replace(/\d/, (digit) => `\\u003${digit}`)}"}}`,
];

test('every card number is found, however it is written and wherever it stands', () => {
  fc.assert(
    fc.property(written, fc.constantFrom(...places), (number, place) => {
      expect(holdsCardNumber(place(number))).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});

test('a card number is found as a JSON number, and at any place of a long body', () => {
  fc.assert(
    fc.property(cardNumber, fc.nat(100), fc.nat(100), (number, before, after) => {
      expect(holdsCardNumber(`${'{}'.repeat(before)}[${number}]${'.'.repeat(after)}`)).toBe(true);
      expect(holdsCardNumber(`${'.'.repeat(before)}${number}${'"'.repeat(after)}`)).toBe(true);
    }),
  );
});

test('a number with another check digit passes', () => {
  fc.assert(
    fc.property(cardNumber, fc.integer({ min: 1, max: 9 }), (number, more) => {
      const wrong = number.slice(0, -1) + String((Number(number.at(-1)) + more) % 10);
      expect(holdsCardNumber(JSON.stringify({ wrong }))).toBe(false);
    }),
  );
});

test('UUIDs pass, those of digits alone too, with and without dashes', () => {
  const refused: string[] = [];
  for (let i = 0; i < 50_000; i += 1) {
    const id = randomUUID();
    const digits = id.replaceAll(/[a-f]/g, (letter) => String(letter.charCodeAt(0) % 10));
    const texts = [id, id.replaceAll('-', ''), digits, `cart-${digits}`, `["${digits}","${digits}"]`];
    refused.push(...texts.filter(holdsCardNumber));
  }
  expect(refused).toEqual([]);
});

/** A GS1 check digit: from the right, weights 3 and 1. */
const withGs1CheckDigit = (digits: string): string => {
  const sum = [...digits].reverse().reduce((all, digit, i) => all + Number(digit) * (i % 2 === 0 ? 3 : 1), 0);
  return digits + String((10 - (sum % 10)) % 10);
};
const digitsOf = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''));

const lookalikes: [name: string, text: fc.Arbitrary<string>][] = [
  ['EAN barcodes', digitsOf(12).map(withGs1CheckDigit)],
  ['German EAN barcodes', digitsOf(10).map((digits) => withGs1CheckDigit(`40${digits}`))],
  ['telephone numbers', digitsOf(11).map((digits) => `+49${digits}`)],
  ['telephone numbers with spaces', digitsOf(8).map((digits) => `+49 1511 ${digits} 4242`)],
  ['times in milliseconds', fc.integer({ min: 0, max: 4e12 }).map(String)],
  [
    'times in microseconds',
    fc.integer({ min: 0, max: 4e12 }).map((ms) => `1${String(ms).padStart(15, '0')}`),
  ],
  [
    'ISO times',
    fc
      .date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('2100-01-01') })
      .map((date) => `${date.toISOString()} ${date.toISOString().slice(0, 10)} 12:30`),
  ],
  ['decimals', fc.double({ min: 0, max: 1, noNaN: true }).map((number) => number.toFixed(16))],
  ['ids with letters before', digitsOf(16).map((digits) => `pm_${digits}`)],
  ['ids with letters after', digitsOf(16).map((digits) => `${digits}n`)],
  [
    'tokens',
    fc.uint8Array({ minLength: 32, maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  ],
];
test.each(lookalikes)('%s pass', (_name, text) => {
  fc.assert(
    fc.property(text, (value) => {
      expect(holdsCardNumber(JSON.stringify({ value }))).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});
