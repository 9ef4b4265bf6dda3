/** A user as the table holds it: personal fields sealed, each for its own column, beside the indexes they are found by. */
import type { Role } from '../../shared/viewer.js';
import { open, seal, type SubjectKey, type Vault } from '../../shared/vault.js';
import type { UserAccount } from '../prisma.generated/client.js';
import { normalizedEmail, normalizedUsername, type PersonalFields, type Theme, type User } from './rules.js';

const personal = {
  email: 'email',
  username: 'username',
  firstName: 'first_name',
  lastName: 'last_name',
  phone: 'phone',
  dateOfBirth: 'date_of_birth',
  avatarUrl: 'avatar_url',
} as const satisfies Record<keyof PersonalFields, string>;
type PersonalField = keyof typeof personal;

const placeOf = (field: PersonalField, id: string) => ({
  table: 'user_account',
  column: personal[field],
  row: id,
});

type Bytes = Uint8Array<ArrayBuffer>;

const sealField = (key: SubjectKey, field: PersonalField, id: string, text: string | null): Bytes | null =>
  text === null ? null : seal(key, placeOf(field, id), text);

/** The sealed columns of the fields that are given, with the indexes that they are found by. */
export function sealed(key: SubjectKey, vault: Vault, id: string, fields: Partial<PersonalFields>) {
  const columns: Partial<Record<PersonalField | 'emailIndex' | 'usernameIndex', Bytes | null>> = {};
  for (const field of Object.keys(personal) as PersonalField[]) {
    const text = fields[field];
    if (text !== undefined) columns[field] = sealField(key, field, id, text);
  }
  if (fields.email !== undefined) columns.emailIndex = emailIndexOf(vault, fields.email);
  if (fields.username !== undefined) columns.usernameIndex = usernameIndexOf(vault, fields.username);
  return columns;
}

export const emailIndexOf = (vault: Vault, email: string): Bytes =>
  vault.blindIndex('email', normalizedEmail(email));
export const usernameIndexOf = (vault: Vault, username: string): Bytes =>
  vault.blindIndex('username', normalizedUsername(username));

/** A row opened with its user's key. */
export function userOf(row: UserAccount, key: SubjectKey): User {
  const text = (field: PersonalField): string | null => {
    const bytes = row[field];
    return bytes ? open(key, placeOf(field, row.id), bytes) : null;
  };
  const { id, locale, currencyCode, version, createdAt, updatedAt } = row;
  return {
    id,
    locale,
    currencyCode,
    version,
    createdAt,
    updatedAt,
    email: text('email') ?? '',
    username: text('username') ?? '',
    firstName: text('firstName') ?? '',
    lastName: text('lastName') ?? '',
    phone: text('phone'),
    dateOfBirth: text('dateOfBirth'),
    avatarUrl: text('avatarUrl'),
    preferences: {
      email: row.emailNotifications,
      sms: row.smsNotifications,
      push: row.pushNotifications,
      marketing: row.marketing,
      theme: row.theme as Theme,
      timeZone: row.timeZone,
    },
    roles: row.roles as Role[],
  };
}
