import { addressKeyOf, ipKeyOf, mailKeyOf } from '../../shared/buyer-keys.js';
import { invalidInput, Refused } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import type { Context } from '../context.js';
import { cardKeyOf } from '../risk/service.js';
import { listKeyOf, type RiskListKind } from './rules.js';
import type { NewEntry } from './store.js';

export interface SubjectInput {
  customerId?: string | null | undefined;
  email?: string | null | undefined;
  emailDomain?: string | null | undefined;
  cardFingerprint?: string | null | undefined;
  cardOfPaymentId?: string | null | undefined;
  ipAddress?: string | null | undefined;
  ipCountry?: string | null | undefined;
  address?:
    | {
        line1: string;
        line2?: string | null | undefined;
        city: string;
        postalCode: string;
        country: string;
      }
    | null
    | undefined;
  ofCustomerId?: string | null | undefined;
}

/** A thing to be listed; its key null where it is the card of a payment, which has to be read first. */
export type Subject = Omit<NewEntry, 'key'> & { key: string | null };

const entry = (kind: RiskListKind, hash: string | null): Subject => ({
  ...{ kind, key: hash === null ? null : listKeyOf(kind, hash) },
  ...{ value: null, customerId: null, paymentId: null },
});
const plain = (kind: RiskListKind, value: string): Subject => ({ ...entry(kind, value), value });

type Reader<Value> = (ctx: Pick<Context, 'vault'>, value: Value) => Subject | null;
type Readers = {
  [Name in Exclude<keyof SubjectInput, 'ofCustomerId'>]-?: Reader<NonNullable<SubjectInput[Name]>>;
};

/** Null: it is not one. */
const readers: Readers = {
  customerId: (_ctx, id) => (isId(id) ? { ...entry('CUSTOMER', id), customerId: id } : null),
  email: ({ vault }, text) =>
    text.length <= 320 && /^[^@\s]+@[^@\s]+$/.test(text.trim())
      ? entry('EMAIL', mailKeyOf(vault, text))
      : null,
  emailDomain: (_ctx, text) => {
    const domain = text.trim().toLowerCase();
    return domain.length <= 255 && /^[^@\s.]+(\.[^@\s.]+)+$/.test(domain)
      ? plain('EMAIL_DOMAIN', domain)
      : null;
  },
  // A card's number has digits alone: it must not be kept, not even as a hash.
  cardFingerprint: (ctx, text) =>
    /^(?!\d+$)[\w-]{1,100}$/.test(text) ? entry('CARD', cardKeyOf(ctx, text)) : null,
  cardOfPaymentId: (_ctx, id) => (isId(id) ? { ...entry('CARD', null), paymentId: id } : null),
  ipAddress: ({ vault }, text) => {
    const key = ipKeyOf(vault, text);
    return key === null ? null : entry('IP_ADDRESS', key);
  },
  ipCountry: (_ctx, code) => plain('IP_COUNTRY', code.toUpperCase()),
  address: ({ vault }, given) =>
    given.line1.trim() && given.city.trim()
      ? entry('ADDRESS', addressKeyOf(vault, { ...given, line2: given.line2 ?? null }))
      : null,
};
const names = Object.keys(readers) as (keyof Readers)[];

function read<Name extends keyof Readers>(ctx: Context, given: SubjectInput, name: Name): Subject | null {
  const value = given[name];
  return value == null ? null : (readers[name] as Reader<unknown>)(ctx, value);
}

/** A thing to be listed, or looked for. Refused where it names not exactly one, or what cannot be; `path`: where it stands. */
export function readSubject(ctx: Context, given: SubjectInput, path: string[]): Subject {
  const named = names.filter((name) => given[name] != null);
  const [name] = named;
  if (!name || named.length > 1)
    throw new Refused(invalidInput(`Name exactly one of ${names.join(', ')}.`, path));
  const subject = read(ctx, given, name);
  if (!subject) throw new Refused(invalidInput(`${name} is not one.`, [...path, name]));
  const owner = given.ofCustomerId ?? null;
  if (owner === null) return subject;
  if (!isId(owner)) throw new Refused(invalidInput('ofCustomerId is not an id.', [...path, 'ofCustomerId']));
  return { ...subject, customerId: subject.customerId ?? owner };
}
