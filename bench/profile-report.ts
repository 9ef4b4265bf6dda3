/** Where the time of checkouts went: packages, functions, statements. */
import type { Whole } from './checkout.js';
import { sum } from './measure.js';
import type { Share } from './profile.js';
import { figure, table } from './table.js';

const shownPlaces = 40;
const shownFunctions = 40;
const shownStatements = 40;
const shownText = 160;

const shareRows = (shares: readonly Share[], ms: number, most: number): string[][] =>
  shares
    .slice(0, most)
    .map(({ name, share }) => [name.replaceAll('|', '/'), figure(share * 100), figure(share * ms)]);

/** Milliseconds are the process' CPU shared out by the profile's samples: those tell how much, not how long. */
function processReport(name: string, { profiles, used }: Whole): string[] {
  const profile = profiles[name];
  if (!profile) return [];
  const ms = used.servers[name] ?? NaN;
  return [
    table([`${name}: package or folder`, '%', 'ms each'], shareRows(profile.places, ms, shownPlaces)),
    table([`${name}: function`, '%', 'ms each'], shareRows(profile.functions, ms, shownFunctions)),
  ];
}

function statementTable({ statements, load }: Whole): string {
  const each = (value: number): string => figure(value / load.operations);
  const total = sum(statements.map(({ ms }) => ms));
  return table(
    ['statement (of all that were sent meanwhile)', 'sent by', 'calls each', 'mean ms', 'ms each', '%'],
    [
      ...statements
        .slice(0, shownStatements)
        .map(({ sender, text, calls, ms }) => [
          text.replace(/\s+/g, ' ').replaceAll('|', '¦').slice(0, shownText),
          sender,
          each(calls),
          figure(ms / calls),
          each(ms),
          figure((ms / total) * 100),
        ]),
      ['all', '', each(sum(statements.map(({ calls }) => calls))), '', each(total), '100'],
    ],
  );
}

/** Tables of each process' packages and functions, and of PostgreSQL's statements, all of one checkout. */
export const profileReport = (whole: Whole): string =>
  [...Object.keys(whole.profiles).flatMap((name) => processReport(name, whole)), statementTable(whole)].join(
    '\n\n',
  );
