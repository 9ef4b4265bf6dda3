import { v5, v7, validate, version } from 'uuid';

/** Makes ids; passed in, so that a test can foresee them. */
export type NewId = () => string;

/** UUIDv7: ordered by time, so that big tables can be partitioned by id range later. */
export const newId: NewId = () => v7();

const namespace = '6f0f6d52-3c52-5d0e-9a46-2b1d0c1f7a11';

/** The same name gives the same id: for rows that a repeat must find again. */
export const idFromName = (...parts: string[]): string => v5(parts.join('\u0000'), namespace);

/** When an id was made, to the millisecond; null where it does not tell. */
export function timeOfId(id: string): Date | null {
  if (!isId(id) || version(id) !== 7) return null;
  return new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
}

/** Whether `text` can be an id of ours at all: the database refuses others with an error of its own. */
export const isId = (text: string): boolean => validate(text);
