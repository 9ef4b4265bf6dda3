/** Counts the hand-written lines of a patch: what it adds, without blank lines and comments. */

export interface HandWritten {
  /** TypeScript, GraphQL, Prisma, SQL. */
  code: number;
  tests: number;
}

/** A description in the SDL counts as code: it is part of the API. */
const blankOrComment = /^\s*($|\/\/|\/\*|\*|--|#)/;

export function countHandWritten(patch: string): HandWritten {
  const count = { code: 0, tests: 0 };
  let path = '';
  for (const line of patch.split('\n')) {
    const file = /^\+\+\+ b\/(.+)$/.exec(line);
    if (file) path = file[1] ?? '';
    else if (line.startsWith('+') && !blankOrComment.test(line.slice(1)))
      count[path.endsWith('.test.ts') ? 'tests' : 'code'] += 1;
  }
  return count;
}
