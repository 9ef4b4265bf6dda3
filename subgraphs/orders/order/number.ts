/** Order numbers: the day and a random part in Crockford's base 32, with a check character; no counter to queue at. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const epoch = Date.UTC(2020, 0, 1);
const dayMs = 86_400_000;

/** Random bytes that a number needs: 6 characters, a billion a day; the table of numbers catches the rare twin. */
export const randomBytesOfNumber = 6;

/** Weighted sum modulo 31, so that a wrong or swapped character shows. */
function checkCharacter(text: string): string {
  const sum = [...text].reduce((total, char, i) => total + (i + 2) * alphabet.indexOf(char), 0);
  return alphabet[sum % 31] ?? '0';
}

/** `H-2K7-9QM4XT-C`: shop, day, random, check. */
export function orderNumber(at: Date, random: Uint8Array): string {
  const day = Math.floor((at.getTime() - epoch) / dayMs);
  const date = [10, 5, 0].map((shift) => alphabet[(day >> shift) & 31]).join('');
  const tail = [...random].map((byte) => alphabet[byte & 31]).join('');
  return `H-${date}-${tail}-${checkCharacter(date + tail)}`;
}

/** Whether the text can be an order number at all: a typing error is found without asking the database. */
export function isOrderNumber(text: string): boolean {
  const match = /^H-([0-9A-Z]{3})-([0-9A-Z]{6})-([0-9A-Z])$/.exec(text);
  return match !== null && checkCharacter(`${match[1]}${match[2]}`) === match[3];
}
