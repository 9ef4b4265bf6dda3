/** The account as a table for people. */
import { balanceOf, type Account, type Balance } from './account.js';

const pad = (text: string | number, width: number): string => String(text).padEnd(width);
const padLeft = (text: string | number, width: number): string => String(text).padStart(width);

/** A line for each entry, and whether they add up to the file. `meanings` explains the reasons. */
export function accountTable(
  account: Account,
  linesInFile: number,
  meanings: Readonly<Record<string, string>>,
): string {
  const rows = account.rows();
  const width = Math.max(6, ...rows.map(({ reason }) => reason.length));
  const balance = balanceOf(account, linesInFile);
  return [
    'Every line of the file:',
    ...rows.map(
      ({ outcome, reason, lines, examples }) =>
        `  ${pad(outcome, 8)} ${pad(reason, width)} ${padLeft(lines, 8)}   ${meanings[reason] ?? 'the shop refused it: its words are below'} (line ${examples.join(', ')}${lines > examples.length ? ', ...' : ''})`,
    ),
    balanceLine(balance),
  ].join('\n');
}

const balanceLine = ({ linesInFile, taken, merged, refused, balanced }: Balance): string =>
  `  ${taken} taken + ${merged} merged + ${refused} refused = ${taken + merged + refused} of ${linesInFile} lines${balanced ? '' : ': THEY DO NOT ADD UP, which is a defect of this program'}`;
