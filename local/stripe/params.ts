// Parameters of the endpoints: zod schemas over the decoded form, and their refusals in Stripe's words.
import { z } from 'zod';
import { invalidRequest } from './errors.js';
import type { FormObject, FormValue } from './form.js';

export const text = z.string();
export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, { error: (issue) => `Invalid integer: ${String(issue.input)}` })
  .transform(Number);
export const flag = z
  .enum(['true', 'false'], { error: (issue) => `Invalid boolean: ${String(issue.input)}` })
  .transform((value) => value === 'true');

/** A list arrives as an object with number keys. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.preprocess(
    (value) => (typeof value === 'object' && value !== null ? Object.values(value) : value),
    z.array(item),
  );
}

/** What Stripe accepts and the sandbox leaves unread: addresses and the like are never kept. */
export const unread = z.unknown().optional();

/** `metadata[key]=value`; an empty value takes the key away, an empty `metadata` takes all away. */
export const metadata = z.union([
  z.literal(''),
  z.record(
    z.string().max(40, 'Metadata keys can have up to 40 characters.'),
    z.string().max(500, 'Metadata values can have up to 500 characters.'),
  ),
]);

/** The metadata after an update with `change`. */
export function mergeMetadata(
  before: Record<string, string>,
  change: '' | Record<string, string> | undefined,
): Record<string, string> {
  if (change === '') return {};
  const after = Object.entries({ ...before, ...change }).filter(([, value]) => value !== '');
  if (after.length > 50) throw invalidRequest('Metadata can have up to 50 keys.', { param: 'metadata' });
  return Object.fromEntries(after);
}

/** `created=…` or `created[gte]=…`, in seconds. */
export const range = z.union([
  integer,
  z.strictObject({
    gt: integer.optional(),
    gte: integer.optional(),
    lt: integer.optional(),
    lte: integer.optional(),
  }),
]);

/** True when the number of seconds lies in the range. */
export function isInRange(value: number, asked: z.infer<typeof range> | undefined): boolean {
  if (asked === undefined) return true;
  if (typeof asked === 'number') return value === asked;
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = asked;
  return value > gt && value >= gte && value < lt && value <= lte;
}

function bracketed(path: readonly PropertyKey[]): string {
  return path.map((segment, index) => (index === 0 ? String(segment) : `[${String(segment)}]`)).join('');
}

function valueAt(form: FormObject, path: readonly PropertyKey[]): FormValue | undefined {
  let value: FormValue | undefined = form;
  for (const segment of path) value = typeof value === 'object' ? value[String(segment)] : undefined;
  return value;
}

/** Checks a form against an endpoint's schema; throws Stripe's refusal of the first thing that is wrong. */
export function readParams<T extends z.ZodType>(schema: T, form: FormObject): z.output<T> {
  const result = schema.safeParse(form);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const param = bracketed([...path, issue.keys[0] ?? '']);
    throw invalidRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
  }
  const param = bracketed(path);
  const value = valueAt(form, path);
  if (value === undefined) {
    throw invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  }
  const message = issue?.message ?? 'Invalid parameter';
  if (message.startsWith('Invalid integer')) {
    throw invalidRequest(message, { code: 'parameter_invalid_integer', param });
  }
  throw invalidRequest(message.startsWith('Invalid') ? `${message} (${param})` : message, { param });
}
