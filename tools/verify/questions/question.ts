/** A question to the database: what must hold, and the one statement that finds where it does not. */
import { subgraphNames } from '../../../subgraphs/list.js';

export interface Question {
  /** `group.thing`, as on the command line. */
  name: string;
  /** What holds where nothing is found. */
  holds: string;
  /** What it looks at, as it stands after FROM: counted, so that an empty shop shows as one. */
  looksAt: string;
  /**
   * Finds the violations. `$1` is the moment to ask for (now less the grace, by the shop's clock): what was due before it
   * is late. Where schemas are compared, each row's `moved_at` says when either side last moved: what moved after `$1` is
   * work in flight, and no violation yet. Within one schema everything changes in one transaction: no grace is needed.
   */
  sql: string;
}

/** One part per subgraph's schema, all rows together. */
export const ofEverySchema = (part: (schema: string) => string): string =>
  subgraphNames.map(part).join('\nUNION ALL\n');

/** The states of a payment that took money, and of an order that was paid. */
export const taken = `('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED')`;
export const paid = `('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')`;
