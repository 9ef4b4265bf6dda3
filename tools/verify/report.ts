/** What a person reads of the answers. */
import type { Answer } from './ask.js';

export interface Report {
  /** Database, server and role, without the password. */
  database: string;
  /** When it was asked. */
  at: Date;
  graceSeconds: number;
  answers: readonly Answer[];
}

const count = (value: number): string => value.toLocaleString('en-US');

function table(rows: readonly string[][], leftAligned: readonly number[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) =>
        leftAligned.includes(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

const figure = (value: unknown): string =>
  value === null ? 'none' : typeof value === 'object' ? JSON.stringify(value) : String(value);

function violated({ name, holds, violations, rows }: Answer): string[] {
  const lines = rows.map(
    (row) =>
      `  ${Object.entries(row)
        .map(([column, value]) => `${column} ${figure(value)}`)
        .join(', ')}`,
  );
  const more = violations - rows.length;
  return [
    '',
    `${name}: violated. What should hold: ${holds}`,
    ...lines,
    ...(more > 0 ? [`  and ${count(more)} more`] : []),
  ];
}

/** One sentence on all of it. */
function summary({ answers, graceSeconds }: Report): string {
  const broken = answers.filter(({ violations }) => violations > 0);
  const looked = answers.reduce((sum, answer) => sum + answer.looked, 0);
  const inFlight = answers.reduce((sum, answer) => sum + answer.inFlight, 0);
  const flight = inFlight > 0 ? ` ${count(inFlight)} moved in the last ${graceSeconds} s: ask again.` : '';
  if (broken.length > 0)
    return `${broken.length} of ${answers.length} ${broken.length === 1 ? 'is' : 'are'} violated.${flight} docs/verify.md says what to do.`;
  if (looked === 0) return 'There was nothing to look at: the database is empty.';
  return `All ${answers.length} hold.${flight}`;
}

/** A table of all, then the rows of what is violated. */
export function describe(report: Report): string {
  const head = ['', 'looked at', 'violated', 'in flight', 'ms', 'what should hold'];
  const rows = report.answers.map((answer) => [
    answer.name,
    ...[answer.looked, answer.violations, answer.inFlight, answer.ms].map(count),
    answer.holds,
  ]);
  return [
    `${report.database}, ${report.at.toISOString()}, grace ${report.graceSeconds} s`,
    '',
    ...table([head, ...rows], [0, 5]),
    ...report.answers.filter(({ violations }) => violations > 0).flatMap(violated),
    '',
    summary(report),
  ].join('\n');
}

/** The same for programs. */
export const asJson = ({ answers, ...report }: Report): string =>
  JSON.stringify(
    { ...report, holds: answers.every(({ violations }) => violations === 0), invariants: answers },
    null,
    2,
  );
