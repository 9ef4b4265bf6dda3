/** Addresses and e-mail of carts and orders: sealed with the customer's key, bound to their row. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import { open, seal, type SubjectKey } from '../../shared/vault.js';

export interface Address {
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
  phone: string | null;
}

export interface Delivery {
  email: string | null;
  shippingAddress: Address | null;
  billingAddress: Address | null;
}

/** The row that sealed columns belong to: a ciphertext moved to another one does not open. */
export interface Row {
  table: 'cart' | 'orders';
  id: string;
}

interface Sealed {
  email: Uint8Array | null;
  shippingAddress: Uint8Array | null;
  billingAddress: Uint8Array | null;
}

const columns = {
  email: 'email',
  shippingAddress: 'shipping_address',
  billingAddress: 'billing_address',
} as const;

export function sealDelivery(key: SubjectKey, row: Row, delivery: Delivery): Sealed {
  const sealed = (field: keyof Delivery): Uint8Array | null => {
    const value = delivery[field];
    if (value === null) return null;
    return seal(key, { table: row.table, column: columns[field], row: row.id }, JSON.stringify(value));
  };
  return {
    email: sealed('email'),
    shippingAddress: sealed('shippingAddress'),
    billingAddress: sealed('billingAddress'),
  };
}

/** All null where the customer's key has been destroyed. */
export function openDelivery(key: SubjectKey | null, row: Row, sealed: Sealed): Delivery {
  const opened = <T>(field: keyof Delivery): T | null => {
    const bytes = sealed[field];
    if (!key || !bytes) return null;
    return JSON.parse(open(key, { table: row.table, column: columns[field], row: row.id }, bytes)) as T;
  };
  return {
    email: opened<string>('email'),
    shippingAddress: opened<Address>('shippingAddress'),
    billingAddress: opened<Address>('billingAddress'),
  };
}

const needed = ['firstName', 'lastName', 'line1', 'city', 'postalCode'] as const;
const maxLength = 200;

/** What is wrong with an address that a customer gave; `at` is its path inside the input. */
export function addressErrors(address: Address | null, at: readonly string[]): UserError[] {
  if (address === null) return [];
  const empty = needed.filter((field) => address[field].trim() === '');
  const long = Object.entries(address).filter(
    ([, text]) => typeof text === 'string' && text.length > maxLength,
  );
  return [
    ...empty.map((field) => invalidInput('This is needed.', [...at, field])),
    ...long.map(([field]) => invalidInput(`At most ${maxLength} characters.`, [...at, field])),
  ];
}
