/** An entry of a user's address book. */
import { invalidInput, type UserError } from '../../shared/errors.js';

export type AddressType = 'BILLING' | 'SHIPPING' | 'BOTH';

/** What is sealed with the user's own key. */
export interface AddressDetails {
  firstName: string;
  lastName: string;
  company: string | null;
  line1: string;
  line2: string | null;
  city: string;
  state: string | null;
  postalCode: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** E.164. */
  phone: string | null;
}

export interface Address extends AddressDetails {
  id: string;
  userId: string;
  type: AddressType;
  /** At most one address is the default for parcels, and one for bills; BOTH is it for both. */
  isDefault: boolean;
}

/** An address book is shown whole: this bounds it. */
export const maxAddresses = 50;

/** The types whose default a default of `type` replaces. */
export const overlapping = (type: AddressType): AddressType[] =>
  type === 'BOTH' ? ['BILLING', 'SHIPPING', 'BOTH'] : [type, 'BOTH'];

const required = { firstName: 100, lastName: 100, line1: 100, city: 100, postalCode: 20 } as const;
const optional = { company: 100, line2: 100, state: 100 } as const;

/** Without surrounding blanks; an empty text where one may be absent is none. */
export function trimmed(details: AddressDetails): AddressDetails {
  const result = { ...details };
  for (const field of Object.keys(required) as (keyof typeof required)[])
    result[field] = details[field].trim();
  for (const field of Object.keys(optional) as (keyof typeof optional)[]) {
    result[field] = details[field]?.trim() || null;
  }
  return result;
}

/** What is wrong with trimmed details. */
export function addressErrors(details: AddressDetails): UserError[] {
  const tooShort = Object.keys(required).filter((field) => details[field as keyof typeof required] === '');
  const tooLong = Object.entries({ ...required, ...optional }).filter(
    ([field, max]) => (details[field as keyof AddressDetails]?.length ?? 0) > max,
  );
  return [
    ...tooShort.map((field) => invalidInput('This must not be empty.', [field])),
    ...tooLong.map(([field, max]) => invalidInput(`This has ${max} characters at most.`, [field])),
  ];
}
