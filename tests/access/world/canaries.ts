/** Words that are found nowhere else, so that they show where they have got to. */
import { randomInt } from 'node:crypto';

/** Twelve letters. */
export const letters = (): string =>
  Array.from({ length: 12 }, () => String.fromCharCode(97 + randomInt(26))).join('');

/** Makes words that are found nowhere else and keeps them. */
export function createCanaries() {
  const made: string[] = [];
  const keep = (text: string): string => (made.push(text), text);
  return {
    made,
    keep,
    word: () => keep(`Canary${letters()}`),
    phone: () => keep(`+4930${randomInt(1_000_000, 9_999_999)}`),
    email: () => keep(`canary.${letters()}@example.com`),
    address: () => ({
      firstName: keep(`Canary${letters()}`),
      lastName: keep(`Canary${letters()}`),
      company: keep(`Canary${letters()}`),
      line1: keep(`Canary${letters()} 4`),
      line2: keep(`Canary${letters()}`),
      city: keep(`Canary${letters()}`),
      postalCode: String(randomInt(10_000, 99_999)),
      country: 'DE',
      phone: keep(`+4930${randomInt(1_000_000, 9_999_999)}`),
    }),
  };
}
export type Canaries = ReturnType<typeof createCanaries>;
