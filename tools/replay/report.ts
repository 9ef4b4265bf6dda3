/** What a replay reports: the account, where prices differ, what cancellations matched nothing, how fast it was. */
import { balanceOf, type AccountRow, type Balance } from '../retailer/account.js';
import { accountTable } from '../retailer/report.js';
import { priceText } from '../retailer/price-text.js';
import type { Difference, Finished } from './journal.js';
import { isCancellationTask, meanings, type Plan } from './plan.js';
import type { Ran } from './run.js';

/** Order lines whose price differs, and by how much in all; pence as text. */
export interface DifferenceTotals {
  orderLines: number;
  differing: number;
  dearer: number;
  /** What the shop asked more, and what it asked less. */
  more: string;
  less: string;
}

export interface ReplayReport {
  balance: Balance;
  account: AccountRow[];
  table: string;
  malformed: Plan['malformed'];
  assumedCountries: Plan['assumedCountries'];
  differences: DifferenceTotals;
  unmatchedPieces: number;
  /** Invoices that the shop refused, the first hundred. */
  refused: { invoice: string; why: string }[];
  left: number;
  rate: {
    invoices: number;
    lines: number;
    seconds: number;
    invoicesPerSecond: number;
    linesPerSecond: number;
  };
}

const refusedShown = 100;

function enterAll(plan: Plan, finished: ReadonlyMap<string, Finished>): number {
  let left = 0;
  for (const task of plan.tasks) {
    const outcome = finished.get(task.invoice.key);
    if (outcome) {
      for (const { outcome: kind, reason, lines } of outcome.entries)
        for (const line of lines) plan.account.enter(line, kind, reason);
      continue;
    }
    left += 1;
    const lines = isCancellationTask(task)
      ? task.matched.map(({ line }) => line)
      : task.invoice.articles.flatMap((article) => article.lines);
    for (const line of lines) plan.account.enter(line, 'refused', 'NOT_REACHED');
  }
  return left;
}

/** Adds the differences up. */
export function differenceTotals(finished: readonly Finished[]): DifferenceTotals {
  const totals = { orderLines: 0, differing: 0, dearer: 0, more: 0n, less: 0n };
  for (const { orderId, entries, differences = [] } of finished) {
    if (orderId === undefined) continue;
    for (const { reason, lines } of entries) if (reason === 'PLACED') totals.orderLines += lines.length;
    for (const { file, shop } of differences) {
      const by = BigInt(shop) - BigInt(file);
      totals.differing += 1;
      if (by > 0n) {
        totals.dearer += 1;
        totals.more += by;
      } else totals.less -= by;
    }
  }
  return { ...totals, more: String(totals.more), less: String(totals.less) };
}

/** Closes the account: every line that no invoice has entered is one that was not reached. */
export function reportOf(plan: Plan, ran: Ran): ReplayReport {
  const left = enterAll(plan, ran.finished);
  const planned = new Set(plan.tasks.map(({ invoice }) => invoice.key));
  const outcomes = [...ran.finished.values()].filter(({ key }) => planned.has(key));
  const seconds = Math.max(ran.seconds, 0.001);
  return {
    balance: balanceOf(plan.account, plan.linesInFile),
    account: plan.account.rows(),
    table: accountTable(plan.account, plan.linesInFile, meanings),
    malformed: plan.malformed,
    assumedCountries: plan.assumedCountries,
    differences: differenceTotals(outcomes),
    unmatchedPieces: plan.unmatched.reduce((sum, { unmatched }) => sum + unmatched, 0),
    refused: outcomes
      .flatMap(({ key, refused }) => (refused === undefined ? [] : [{ invoice: key, why: refused }]))
      .slice(0, refusedShown),
    left,
    rate: {
      invoices: ran.invoices,
      lines: ran.lines,
      seconds: ran.seconds,
      invoicesPerSecond: ran.invoices / seconds,
      linesPerSecond: ran.lines / seconds,
    },
  };
}

const csv = (rows: readonly (readonly (string | number)[])[]): string =>
  rows.map((row) => `${row.join(',')}\n`).join('');

/** Every differing order line; amounts are those of all its pieces. */
export const differencesCsv = (finished: Iterable<Finished>): string =>
  csv([
    ['invoice_no', 'stock_code', 'quantity', 'file_gbp', 'shop_gbp'],
    ...[...finished]
      .flatMap(({ differences = [] }) => differences)
      .map(({ invoiceNo, sku, quantity, file, shop }: Difference) => [
        invoiceNo,
        sku,
        quantity,
        priceText(BigInt(file)),
        priceText(BigInt(shop)),
      ]),
  ]);

/** Every cancellation line of which pieces matched no purchase. */
export const unmatchedCsv = ({ unmatched }: Plan): string =>
  csv([
    ['line', 'invoice_no', 'stock_code', 'cancelled', 'unmatched'],
    ...unmatched.map((one) => [one.line, one.invoiceNo, one.sku, one.quantity, one.unmatched]),
  ]);

/** For people. */
export function reportText(report: ReplayReport, files: readonly string[]): string {
  const { table, differences, rate, refused, malformed, assumedCountries, left, unmatchedPieces } = report;
  const assumed = Object.entries(assumedCountries);
  return [
    table,
    '',
    `Prices: ${differences.differing} of ${differences.orderLines} order lines cost another price in the shop than in the file; ` +
      `${differences.dearer} are dearer, by £${priceText(BigInt(differences.more))}, the others cheaper, by £${priceText(BigInt(differences.less))}.`,
    `Cancellations: ${unmatchedPieces} pieces matched no earlier purchase.`,
    ...(assumed.length > 0
      ? [`Countries that we chose: ${assumed.map(([name, lines]) => `${name} (${lines} lines)`).join(', ')}.`]
      : []),
    `This run: ${rate.invoices} invoices with ${rate.lines} lines in ${rate.seconds.toFixed(1)} s: ` +
      `${rate.invoicesPerSecond.toFixed(1)} invoices/s, ${rate.linesPerSecond.toFixed(0)} lines/s.`,
    ...malformed.map(({ line, why }) => `  line ${line}: ${why}`),
    ...refused.map(({ invoice, why }) => `  ${invoice} was refused: ${why}`),
    ...files.map((file) => `Details: ${file}`),
    ...(left > 0 ? [`Stopped with ${left} invoices left. The same command goes on.`] : []),
  ].join('\n');
}
