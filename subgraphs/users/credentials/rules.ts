/** Credentials: which passwords are good enough. */
import { invalidInput, type UserError } from '../../shared/errors.js';

export const minPasswordLength = 10;
/** A bound for the work of hashing. */
export const maxPasswordLength = 128;

/** Stems of the passwords that are tried first; digits and marks at either end make none of them better. */
const common = new Set([
  'password',
  'passw0rd',
  'qwertyuiop',
  'qwerty',
  'qwertz',
  'letmein',
  'welcome',
  'iloveyou',
  'administrator',
  'admin',
  'changeme',
  'sunshine',
  'football',
  'baseball',
  'dragon',
  'monkey',
  'abcdefghij',
  'abcdefghijklmnopqrstuvwxyz',
  'passwort',
  'hallo',
  'schatz',
]);

/** Whether each character follows the one before it, as in `1234567890` and `jihgfedcba`. */
function isSequence(text: string): boolean {
  const steps = [...text].slice(1).map((character, i) => character.charCodeAt(0) - text.charCodeAt(i));
  const ascending = steps.every((step) => step === 1 || step === -9);
  return ascending || steps.every((step) => step === -1 || step === 9);
}

/** What is wrong with a password; `names` are what an attacker knows of its owner. */
export function passwordErrors(password: string, names: readonly string[], field: string): UserError[] {
  const weak = (message: string): UserError[] => [
    { ...invalidInput(message, [field]), code: 'WEAK_PASSWORD' },
  ];
  const length = [...password].length;
  if (length < minPasswordLength || length > maxPasswordLength) {
    return weak(`A password has ${minPasswordLength} to ${maxPasswordLength} characters.`);
  }
  const lower = password.toLowerCase();
  if (new Set(lower).size < 5 || isSequence(lower)) return weak('That password is too easy to guess.');
  if (common.has(lower.replaceAll(/^[^a-z]+|[^a-z]+$/g, ''))) return weak('That password is a common one.');
  const known = names.map((name) => name.toLowerCase()).filter((name) => name.length >= 4);
  if (known.some((name) => lower.includes(name))) return weak('A password must not contain your name.');
  return [];
}

/** Said for a wrong password and for an unknown address alike. */
export const invalidCredentials = (field: string[]): UserError => ({
  __typename: 'InvalidCredentialsError',
  code: 'INVALID_CREDENTIALS',
  message: 'That is not the right combination of e-mail address and password.',
  field,
});
