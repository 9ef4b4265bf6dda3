import { randomInt } from 'node:crypto';
import { tailAlphabet, tailLength } from './rules.js';

/** Makes the short random end of a SKU or handle; passed in, so that a test can foresee it. */
export type NewTail = () => string;

export const newTail: NewTail = () =>
  Array.from({ length: tailLength }, () => tailAlphabet[randomInt(tailAlphabet.length)]).join('');
