/** What is to be replayed: invoices in time order with their cancellations, and an entry for each line that gives neither. */
import { openAccount, type Account } from '../retailer/account.js';
import { countryOf } from '../retailer/country.js';
import {
  cancellationInvoices,
  inTimeOrder,
  saleInvoices,
  type CancellationInvoice,
  type Invoice,
  type SaleInvoice,
} from '../retailer/invoices.js';
import { kindOf, refusals } from '../retailer/kind.js';
import type { InvoiceLine } from '../retailer/line.js';
import { matchCancellations, type MatchedLine } from '../retailer/matching.js';
import type { FileLine } from '../retailer/read.js';

/** The reasons of the replay's account; what the shop refuses comes as `SHOP_...` beside them. */
export const meanings: Readonly<Record<string, string>> = {
  ...refusals,
  PLACED: 'an article of an order that was placed and paid',
  SAME_ARTICLE: 'the article again on the same invoice: its pieces are in the order line',
  CANCELLED: 'a cancellation, taken off the earlier order lines',
  CANCELLED_IN_PART: 'a cancellation of more pieces than the earlier order lines had',
  GUEST_CANCELLATION: "a guest's cancellation: nothing tells which order it belongs to",
  UNMATCHED_CANCELLATION: 'a cancellation of what the customer has not bought in the file before',
  ORDER_NOT_PLACED: 'a cancellation of an order that the shop refused',
  UNKNOWN_ARTICLE: "the shop's catalogue has no such article: import it first",
  UNKNOWN_COUNTRY: 'the name of the country is not in our table',
  NOT_SELECTED: 'outside of --from, --until or --limit',
  NOT_REACHED: 'stopped before it was its turn: run the command again',
};

export interface SaleTask {
  party: string;
  invoice: SaleInvoice;
}

export interface CancellationTask {
  party: string;
  invoice: CancellationInvoice;
  /** Those of its lines that match something. */
  matched: MatchedLine[];
}

export type ReplayTask = SaleTask | CancellationTask;

export const isCancellationTask = (task: ReplayTask): task is CancellationTask => 'matched' in task;

export interface Selection {
  /** Local times or dates of the file, the end not included. */
  from: string | null;
  until: string | null;
  /** So many invoices, the earliest. */
  limit: number | null;
}

export interface Unmatched {
  line: number;
  invoiceNo: string;
  sku: string;
  quantity: number;
  /** Pieces for which no purchase was found. */
  unmatched: number;
}

export interface Plan {
  account: Account;
  linesInFile: number;
  malformed: { line: number; why: string }[];
  tasks: ReplayTask[];
  unmatched: Unmatched[];
  /** Lines to be placed whose country is our choice, by the file's word. */
  assumedCountries: Record<string, number>;
}

interface Sorted {
  sales: InvoiceLine[];
  cancellations: InvoiceLine[];
  malformed: Plan['malformed'];
  linesInFile: number;
}

const malformedShown = 100;

async function sortLines(lines: AsyncIterable<FileLine>, account: Account): Promise<Sorted> {
  const sorted: Sorted = { sales: [], cancellations: [], malformed: [], linesInFile: 0 };
  for await (const { line, parsed, malformed } of lines) {
    sorted.linesInFile += 1;
    if (!parsed) {
      account.enter(line, 'refused', 'MALFORMED');
      if (sorted.malformed.length < malformedShown) sorted.malformed.push({ line, why: malformed });
      continue;
    }
    const kind = kindOf(parsed);
    if (kind === 'sale') {
      if (countryOf(parsed.country)) sorted.sales.push(parsed);
      else account.enter(line, 'refused', 'UNKNOWN_COUNTRY');
    } else if (kind === 'cancellation') sorted.cancellations.push(parsed);
    else account.enter(line, 'refused', kind.refused);
  }
  return sorted;
}

const isSelected = ({ invoicedAt }: Invoice, { from, until }: Selection): boolean =>
  (from === null || invoicedAt >= from) && (until === null || invoicedAt < until);

const linesOf = (invoice: Invoice): number[] =>
  invoice.kind === 'sale'
    ? invoice.articles.flatMap(({ lines }) => lines)
    : invoice.articles.map(({ line }) => line);

/** A guest is nobody else's guest: each of their invoices is a party of its own. */
const partyOf = ({ customerId, key }: Invoice): string => customerId || key;

/** The task of a cancellation; its lines that match nothing are entered. */
function cancellationTask(
  invoice: CancellationInvoice,
  lines: readonly MatchedLine[],
  plan: Pick<Plan, 'account' | 'unmatched'>,
): CancellationTask[] {
  const matched: MatchedLine[] = [];
  for (const line of lines) {
    const { sku, quantity, unmatched } = line;
    if (unmatched > 0)
      plan.unmatched.push({ line: line.line, invoiceNo: invoice.invoiceNo, sku, quantity, unmatched });
    if (line.matches.length > 0) matched.push(line);
    else
      plan.account.enter(
        line.line,
        'refused',
        invoice.customerId ? 'UNMATCHED_CANCELLATION' : 'GUEST_CANCELLATION',
      );
  }
  return matched.length > 0 ? [{ party: partyOf(invoice), invoice, matched }] : [];
}

/**
 * Plans the whole file, then selects: a cancellation belongs to the same order whatever part of the file is replayed.
 */
export async function planReplay(lines: AsyncIterable<FileLine>, selection: Selection): Promise<Plan> {
  const account = openAccount();
  const { sales, cancellations, ...read } = await sortLines(lines, account);
  const invoices = inTimeOrder([...saleInvoices(sales), ...cancellationInvoices(cancellations)]);
  const matched = matchCancellations(invoices);
  const plan: Plan = { account, ...read, tasks: [], unmatched: [], assumedCountries: {} };
  const selected = new Set(
    invoices.filter((invoice) => isSelected(invoice, selection)).slice(0, selection.limit ?? undefined),
  );
  for (const invoice of invoices) {
    if (!selected.has(invoice)) {
      for (const line of linesOf(invoice)) account.enter(line, 'refused', 'NOT_SELECTED');
    } else if (invoice.kind === 'sale') {
      plan.tasks.push({ party: partyOf(invoice), invoice });
      if (countryOf(invoice.country)?.assumed) {
        const before = plan.assumedCountries[invoice.country] ?? 0;
        plan.assumedCountries[invoice.country] = before + linesOf(invoice).length;
      }
    } else plan.tasks.push(...cancellationTask(invoice, matched.get(invoice.key) ?? [], plan));
  }
  return plan;
}
