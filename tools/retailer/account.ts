/** The account of a file: each of its lines ends in one entry, and the entries add up to the file. */

export type Outcome = 'taken' | 'merged' | 'refused';

/** An entry's key is its outcome and its reason: `refused POSTAGE`. */
export interface Entry {
  outcome: Outcome;
  reason: string;
}

export interface AccountRow extends Entry {
  lines: number;
  /** The lowest few line numbers, so that a reader can look them up. */
  examples: number[];
}

export interface Account {
  /** Enters a line. A second entry for the same line is a defect of the program and throws. */
  enter(line: number, outcome: Outcome, reason: string): void;
  has(line: number): boolean;
  rows(): AccountRow[];
  /** How many lines have an entry. */
  total(): number;
}

const examplesShown = 5;
const order: Outcome[] = ['taken', 'merged', 'refused'];

/** An empty account. */
export function openAccount(): Account {
  const entered = new Set<number>();
  const rows = new Map<string, AccountRow>();
  return {
    enter(line, outcome, reason) {
      if (entered.has(line)) throw new Error(`Line ${line} was entered twice, now as ${outcome} ${reason}.`);
      entered.add(line);
      const key = `${outcome} ${reason}`;
      const row = rows.get(key) ?? { outcome, reason, lines: 0, examples: [] };
      row.lines += 1;
      // Workers end in any order: the lowest numbers, whoever was first.
      if (row.examples.length < examplesShown || line < (row.examples.at(-1) ?? 0))
        row.examples = [...row.examples, line].sort((a, b) => a - b).slice(0, examplesShown);
      rows.set(key, row);
    },
    has: (line) => entered.has(line),
    rows: () =>
      [...rows.values()].sort(
        (a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome) || b.lines - a.lines,
      ),
    total: () => entered.size,
  };
}

export interface Balance {
  linesInFile: number;
  taken: number;
  merged: number;
  refused: number;
  /** Whether the three add up to the file. */
  balanced: boolean;
}

/** Adds the account up and compares it with the lines that the reader counted for itself. */
export function balanceOf(account: Account, linesInFile: number): Balance {
  const sum = (outcome: Outcome): number =>
    account
      .rows()
      .filter((row) => row.outcome === outcome)
      .reduce((total, row) => total + row.lines, 0);
  const [taken, merged, refused] = [sum('taken'), sum('merged'), sum('refused')];
  return { linesInFile, taken, merged, refused, balanced: taken + merged + refused === linesInFile };
}
