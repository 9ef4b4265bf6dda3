/** A SKU: the readable name of a variant, made of brand, product and options and a short tail that keeps it unique. */
import { handleOf } from '../handle/rules.js';

/** Crockford's base 32: no I, L, O or U, which are misread or make words. */
export const tailAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const tailLength = 5;

const wordsOf = (text: string): string[] => handleOf(text).toUpperCase().split('-').filter(Boolean);

/** The first letters of the text, word by word: at most `words` words of `letters` letters. */
const short = (text: string, words: number, letters: number): string =>
  wordsOf(text)
    .slice(0, words)
    .map((word) => word.slice(0, letters))
    .join('');

export interface SkuFacts {
  brand: string | null;
  product: string;
  /** Values of the options, in their order. */
  options: readonly string[];
}

/** What `Nordlicht`, `Brass oil lamp`, `Red`, `Large` begin with: `NORD-BRASOILLAM-RED-LARG`. */
export const skuStem = ({ brand, product, options }: SkuFacts): string =>
  [
    brand === null ? '' : short(brand, 1, 4),
    short(product, 3, 4),
    ...options.slice(0, 3).map((option) => short(option, 2, 4)),
  ]
    .filter(Boolean)
    .join('-') || 'ITEM';

export const skuWithTail = (stem: string, tail: string): string => `${stem}-${tail}`;

/** As it is kept: capitals, no space around. */
export const normalizeSku = (sku: string): string => sku.trim().toUpperCase();

export const isSku = (sku: string): boolean => /^[A-Z0-9][A-Z0-9._-]{0,63}$/.test(sku);
