/** A user: somebody with an account, and what an account's fields may hold. */
import { createHash } from 'node:crypto';
import { invalidInput, type UserError } from '../../shared/errors.js';
import { isCurrencyCode } from '../../shared/money.js';
import { roles, type Role } from '../../shared/viewer.js';

export type Theme = 'LIGHT' | 'DARK' | 'AUTO';
/** As the API writes roles. */
export type RoleName = Uppercase<Role>;

export interface Preferences {
  email: boolean;
  sms: boolean;
  push: boolean;
  marketing: boolean;
  theme: Theme;
  timeZone: string;
}

/** What is sealed with the user's own key. */
export interface PersonalFields {
  email: string;
  username: string;
  firstName: string;
  lastName: string;
  /** E.164. */
  phone: string | null;
  /** `2000-12-31`. */
  dateOfBirth: string | null;
  avatarUrl: string | null;
}

export interface User extends PersonalFields {
  id: string;
  /** BCP 47. */
  locale: string;
  /** ISO 4217. */
  currencyCode: string;
  preferences: Preferences;
  roles: Role[];
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export const initialPreferences: Preferences = {
  email: true,
  sms: false,
  push: false,
  marketing: false,
  theme: 'AUTO',
  timeZone: 'UTC',
};

/** Mail servers that tell upper from lower case are not in use; people mix them up every day. */
export const normalizedEmail = (email: string): string => email.normalize('NFC').trim().toLowerCase();

/** What must be unique of a username. */
export const normalizedUsername = (username: string): string => username.toLowerCase();

/**
 * The username of an account that was made without one: 20 characters, about 57 bits of them from the id, so that two do
 * not meet. Others see it, so that nothing of the person may be in it.
 */
export function derivedUsername(id: string): string {
  const digest = createHash('sha256').update(id).digest('hex');
  return `customer-${BigInt(`0x${digest}`).toString(36).slice(-11)}`;
}

/** Every user is a customer; the order is that of `roles`, each once. */
export const heldRoles = (assigned: readonly Role[]): Role[] =>
  roles.filter((role) => role === 'customer' || assigned.includes(role));

export const roleName = (role: Role): RoleName => role.toUpperCase() as RoleName;
export const roleOfName = (name: RoleName): Role => name.toLowerCase() as Role;

const maxNameLength = 100;

export interface FieldChanges {
  username?: string | undefined;
  firstName?: string | undefined;
  lastName?: string | undefined;
  dateOfBirth?: string | null | undefined;
  avatarUrl?: string | null | undefined;
  currencyCode?: string | undefined;
}

/** What is wrong with the values that are given; `today` is `2026-11-21`. */
export function fieldErrors(changes: FieldChanges, today: string): UserError[] {
  const errors: UserError[] = [];
  const { username, dateOfBirth, avatarUrl, currencyCode } = changes;
  if (username !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]{2,19}$/.test(username)) {
    const message =
      'A username is 3 to 20 letters, digits, dots, hyphens and underscores, the first one a letter or digit.';
    errors.push({ ...invalidInput(message, ['username']), code: 'INVALID_USERNAME' });
  }
  for (const field of ['firstName', 'lastName'] as const) {
    const length = changes[field]?.trim().length;
    if (length !== undefined && (length < 1 || length > maxNameLength)) {
      errors.push(invalidInput(`A name has 1 to ${maxNameLength} characters.`, [field]));
    }
  }
  if (dateOfBirth != null && (dateOfBirth >= today || dateOfBirth < '1900-01-01')) {
    errors.push(invalidInput('A date of birth lies in the past, after 1900.', ['dateOfBirth']));
  }
  if (avatarUrl != null && (!avatarUrl.startsWith('https://') || avatarUrl.length > 2_000)) {
    errors.push(
      invalidInput('An avatarUrl begins with https:// and has 2,000 characters at most.', ['avatarUrl']),
    );
  }
  if (currencyCode !== undefined && !isCurrencyCode(currencyCode)) {
    errors.push(invalidInput(`${currencyCode} is not a currency in use.`, ['currencyCode']));
  }
  return errors;
}
