/** A guard: one thing in the shop that keeps a promise when two do something at once, something is told twice, or dies midway. */
import type { SourceChange } from '../../build.js';
import type { RaceName } from '../races/list.js';

export interface Guard {
  name: string;
  /** What it keeps, with the number of reliability.md's promise. */
  promise: string;
  /** What goes wrong without it. */
  race: RaceName;
  /** How it is taken out: places of sources that are built otherwise ... */
  changes?: readonly SourceChange[];
  /** ... and what is run in the database once it is migrated. */
  sql?: string;
}

/** One place of one file. */
export const source = (file: string, find: string, put: string): SourceChange[] => [{ file, find, put }];

/** One place of a function in the database, which must be there exactly once. */
export const inFunction = (name: string, find: string, put: string): string => `
DO $chaos$
DECLARE
  was TEXT := pg_get_functiondef('${name}'::regproc);
  find TEXT := $find$${find}$find$;
BEGIN
  IF (length(was) - length(replace(was, find, ''))) <> length(find) THEN
    RAISE EXCEPTION 'The function ${name} has the text to be changed not exactly once: %', find;
  END IF;
  EXECUTE replace(was, find, $put$${put}$put$);
END $chaos$`;
