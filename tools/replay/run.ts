/** Replays a plan: with many workers, each customer's invoices in their order, on from where the journal ends. */
import { ImportTermsDocument } from '../../client/operations.generated.js';
import { GraphQLRequestError } from '../../client/errors.js';
import { readArticles, type ShopArticle } from '../retailer/articles.js';
import type { Progress } from '../retailer/progress.js';
import { ShopError, type Shop } from '../retailer/session.js';
import type { Stopper } from '../retailer/stop.js';
import { shippingCode } from '../retailer/terms.js';
import { runTasks } from '../retailer/workers.js';
import { replayCancellation, type SaleOf } from './cancel.js';
import { createCustomers } from './customers.js';
import type { Finished, Journal } from './journal.js';
import { replaySale, type PlaceContext } from './place.js';
import { isCancellationTask, type Plan, type ReplayTask } from './plan.js';

export interface Ran {
  /** What this run and those before it have finished, by the invoice's key. */
  finished: ReadonlyMap<string, Finished>;
  /** Of this run alone. */
  invoices: number;
  lines: number;
  seconds: number;
  /** What ended the run early, the shop's long absence for one. */
  failure?: unknown;
}

export interface ReplayOptions {
  shop: Shop;
  journal: Journal;
  workers: number;
  pace: () => Promise<void>;
  stopper: Stopper;
  progress: Progress;
}

/** Codes that are no answer to this invoice: the next would fare the same. */
const endsTheRun = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NETWORK_ERROR',
  'SERVICE_UNAVAILABLE',
  'BAD_ANSWER',
]);

/** What a replay needs of the shop. @throws ShopError when the catalogue is not imported yet */
export async function prepareShop(shop: Shop, plan: Plan): Promise<PlaceContext> {
  const { shippingMethods } = await shop.run(ImportTermsDocument);
  const shipping = shippingMethods.find(({ code }) => code === shippingCode);
  const articles: ReadonlyMap<string, ShopArticle> = await readArticles(shop);
  const known = plan.tasks.some(
    (task) => !isCancellationTask(task) && task.invoice.articles.some(({ sku }) => articles.has(sku)),
  );
  if (!shipping || (plan.tasks.length > 0 && !known)) {
    throw new ShopError(
      "The shop has none of the file's articles. Build its catalogue first: npm run import -- catalog FILE",
    );
  }
  return { shop, articles, shippingMethodId: shipping.id, customerOf: createCustomers(shop) };
}

/** A fault that belongs to one invoice: it is refused for now, and the next run tries it again. */
function faulty(task: ReplayTask, error: unknown): Finished {
  if (!(error instanceof GraphQLRequestError) || endsTheRun.has(error.code)) throw error;
  const lines = isCancellationTask(task)
    ? task.matched.map(({ line }) => line)
    : task.invoice.articles.flatMap((article) => article.lines);
  const quoted = error.correlationId ? ` (${error.correlationId})` : '';
  return {
    key: task.invoice.key,
    entries: [{ outcome: 'refused', reason: `SHOP_${error.code}`, lines }],
    refused: `${error.message}${quoted}`,
    again: true,
  };
}

/** Where the sale of a cancellation went. */
const saleIn =
  (finished: ReadonlyMap<string, Finished>): SaleOf =>
  (key) => {
    const sale = finished.get(key);
    if (!sale) return { reason: 'NOT_SELECTED' };
    return sale.orderId === undefined ? { reason: 'ORDER_NOT_PLACED' } : { orderId: sale.orderId };
  };

const linesIn = ({ entries }: Finished): number => entries.reduce((sum, { lines }) => sum + lines.length, 0);

/** Replays what the journal does not have yet. What ends it early is told in `failure`: the account is wanted all the same. */
export async function replay(context: PlaceContext, plan: Plan, options: ReplayOptions): Promise<Ran> {
  const { shop, journal, workers, pace, stopper, progress } = options;
  const finished = new Map(journal.finished);
  const left = plan.tasks.filter(({ invoice }) => !finished.has(invoice.key));
  const ran = { invoices: 0, lines: 0 };
  const began = Date.now();
  const runTask = async (task: ReplayTask): Promise<void> => {
    await pace();
    const outcome = await (
      isCancellationTask(task)
        ? replayCancellation(shop, task, saleIn(finished))
        : replaySale(context, task.invoice)
    ).catch((error: unknown) => faulty(task, error));
    await journal.write(outcome);
    finished.set(outcome.key, outcome);
    ran.invoices += 1;
    ran.lines += linesIn(outcome);
    progress.step();
  };
  const failed = await runTasks(left, workers, runTask, stopper.stopped).then(
    () => ({}),
    (failure: unknown) => ({ failure }),
  );
  return { finished, ...ran, seconds: (Date.now() - began) / 1000, ...failed };
}
