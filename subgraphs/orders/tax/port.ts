/** The port through which a purchase's taxes are asked for: our own tables, or a service of somebody else's. */
import type { Destination } from '../delivery/destination.js';
import { rateFor, type AppliedTax, type TaxCategory, type TaxTable } from './rules.js';

export interface TaxableLine {
  taxCategory: TaxCategory;
  quantity: number;
  /** After discounts, as `taxIncluded` says; minor units. */
  amount: bigint;
  /** What it is: an article's variant, or the shipping. */
  variantId: string | null;
}

export interface TaxQuestion {
  destination: Destination;
  currencyCode: string;
  taxIncluded: boolean;
  at: Date;
  lines: readonly TaxableLine[];
  /** What the shop has set for the destination. */
  table: TaxTable;
}

/**
 * Answers with rates, one per line in their order, and never with amounts: what a line bears is worked out by `taxOf`, so
 * that whatever a service says, net and tax are the gross and an order's sums are those of its lines. Null: nothing can be
 * sold there.
 */
export interface TaxPort {
  taxesOf(question: TaxQuestion): Promise<(AppliedTax | null)[]>;
}

/** No answer for now: nothing was decided, and the same can be asked again. */
export class TaxesUnavailable extends Error {}

/** The shop's own rates, which staff set. */
export const tableTaxes: TaxPort = {
  taxesOf: ({ lines, table, destination }) =>
    Promise.resolve(lines.map((line) => rateFor(table, destination, line.taxCategory) ?? null)),
};
