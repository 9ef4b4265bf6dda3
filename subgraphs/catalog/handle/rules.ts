/** A handle: the name of a thing in the shop's URLs. */
import { invalidInput, type UserError } from '../../shared/errors.js';

const maxLength = 100;

/** `Brass Oil-Lamp (été)` is `brass-oil-lamp-ete`; empty where the name has no letter or digit of the Latin script. */
export const handleOf = (name: string): string =>
  name
    .replaceAll('ß', 'ss')
    .replaceAll(/[æÆ]/g, 'ae')
    .replaceAll(/[øØ]/g, 'o')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, maxLength)
    .replaceAll(/^-+|-+$/g, '');

/** What is wrong with a handle that was given. */
export const checkHandle = (handle: string, field: string[]): UserError[] =>
  handle.length <= maxLength && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(handle)
    ? []
    : [
        invalidInput(
          `A handle is made of small letters, digits and single hyphens, at most ${maxLength}, as in brass-oil-lamp.`,
          field,
        ),
      ];
