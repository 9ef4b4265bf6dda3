/** Takes a cancellation of the file off the orders that it belongs to. */
import {
  ReplayCancellationDocument,
  ReplayedOrderDocument,
  type ReplayedOrderFragment,
} from '../../client/operations.generated.js';
import type { Match, MatchedLine } from '../retailer/matching.js';
import type { Shop } from '../retailer/session.js';
import type { Finished } from './journal.js';
import type { CancellationTask } from './plan.js';

/** What became of the sale that a match belongs to: its order, or why there is none. */
export type SaleOf = (invoiceKey: string) => { orderId: string } | { reason: string };

/** Pieces to take off one order. */
interface Share {
  soldBy: string;
  pieces: Map<string, number>;
}

function sharesOf(lines: readonly MatchedLine[]): Share[] {
  const shares = new Map<string, Share>();
  for (const { soldBy, sku, quantity } of lines.flatMap(({ matches }) => matches)) {
    const share = shares.get(soldBy) ?? { soldBy, pieces: new Map<string, number>() };
    shares.set(soldBy, share);
    share.pieces.set(sku, (share.pieces.get(sku) ?? 0) + quantity);
  }
  return [...shares.values()];
}

/** Why articles were not cancelled, by SKU; empty when all were. */
type Failures = ReadonlyMap<string, string>;

const allFailed = ({ pieces }: Share, reason: string): Failures =>
  new Map([...pieces.keys()].map((sku) => [sku, reason]));

async function cancelShare(
  shop: Shop,
  { invoice }: CancellationTask,
  share: Share,
  orderId: string,
): Promise<Failures> {
  const { soldBy, pieces } = share;
  const { order } = await shop.run(ReplayedOrderDocument, { id: orderId });
  if (!order) return allFailed(share, 'SHOP_NOT_FOUND');
  const lines = linesToCancel(order, pieces);
  // The catalogue did not know them when the order was placed.
  const ordered = new Set(order.items.map(({ sku }) => sku));
  const missing = new Map(
    [...pieces.keys()].filter((sku) => !ordered.has(sku)).map((sku) => [sku, 'UNKNOWN_ARTICLE']),
  );
  if (lines.length === 0) return missing;
  const { cancelOrderLines } = await shop.run(ReplayCancellationDocument, {
    input: {
      idempotencyKey: `retailer:cancel:${invoice.invoiceNo}:${invoice.hash}:${soldBy}`,
      orderId,
      lines,
      reason: `Cancellation ${invoice.invoiceNo} of the retailer's file`,
    },
  });
  const [refusal] = cancelOrderLines.userErrors;
  return refusal ? allFailed(share, `SHOP_${refusal.code}`) : missing;
}

const linesToCancel = (
  { items }: ReplayedOrderFragment,
  pieces: ReadonlyMap<string, number>,
): { itemId: string; quantity: number }[] =>
  items.flatMap(({ id, sku }) => {
    const quantity = pieces.get(sku);
    return quantity === undefined ? [] : [{ itemId: id, quantity }];
  });

/** A line is taken when any of its pieces were cancelled; else the first obstacle is its reason. */
function entryOf(
  line: MatchedLine,
  obstacleOf: (match: Match) => string | undefined,
): Finished['entries'][number] {
  const cancelled = line.matches
    .filter((match) => !obstacleOf(match))
    .reduce((sum, { quantity }) => sum + quantity, 0);
  const lines = [line.line];
  if (cancelled === line.quantity) return { outcome: 'taken', reason: 'CANCELLED', lines };
  if (cancelled > 0) return { outcome: 'taken', reason: 'CANCELLED_IN_PART', lines };
  const obstacle = line.matches.map(obstacleOf).find(Boolean);
  return { outcome: 'refused', reason: obstacle ?? 'UNMATCHED_CANCELLATION', lines };
}

/**
 * Cancels what the file cancelled, order by order.
 * @throws GraphQLRequestError when the shop stays away
 */
export async function replayCancellation(
  shop: Shop,
  task: CancellationTask,
  saleOf: SaleOf,
): Promise<Finished> {
  const failures = new Map<string, Failures>();
  for (const share of sharesOf(task.matched)) {
    const sale = saleOf(share.soldBy);
    failures.set(
      share.soldBy,
      'reason' in sale ? allFailed(share, sale.reason) : await cancelShare(shop, task, share, sale.orderId),
    );
  }
  const obstacleOf = ({ soldBy, sku }: Match): string | undefined => failures.get(soldBy)?.get(sku);
  const entries = task.matched.map((line) => entryOf(line, obstacleOf));
  // What another selection has left out may be there the next time.
  const again = entries.some(({ reason }) => reason === 'NOT_SELECTED');
  return { key: task.invoice.key, entries, ...(again ? { again } : {}) };
}
