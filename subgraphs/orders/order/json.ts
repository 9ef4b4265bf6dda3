/** Rows that the database gives as JSON: amounts come as digits, times as text, bytes as base64. */

interface Shape {
  amounts: readonly string[];
  times: readonly string[];
  bytes: readonly string[];
}

/** The record with the named fields as bigint, Date and bytes; other fields and nulls stay. */
export function parseRecord<T>(value: unknown, { amounts, times, bytes }: Shape): T {
  const parsed: Record<string, unknown> = { ...(value as Record<string, unknown>) };
  for (const [name, field] of Object.entries(parsed)) {
    if (typeof field !== 'string') continue;
    if (amounts.includes(name)) parsed[name] = BigInt(field);
    else if (times.includes(name)) parsed[name] = new Date(field);
    else if (bytes.includes(name)) parsed[name] = new Uint8Array(Buffer.from(field, 'base64'));
  }
  return parsed as T;
}

/** JSON of a value with minor units in it, for `fromStored`. */
export const toStored = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? `bigint:${part}` : part));

/** The value again, from what the database parsed. */
export const fromStored = <T>(value: unknown): T =>
  JSON.parse(JSON.stringify(value), (_name, part: unknown) =>
    typeof part === 'string' && /^bigint:-?\d+$/.test(part) ? BigInt(part.slice(7)) : part,
  ) as T;
