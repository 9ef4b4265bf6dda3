/** Builds the shop's catalogue from the file. What is there already is found in the shop, so that a stopped run goes on. */
import { openAccount, type Account } from '../retailer/account.js';
import { readArticles } from '../retailer/articles.js';
import type { Article } from '../retailer/catalogue.js';
import { showProgress } from '../retailer/progress.js';
import { readLines } from '../retailer/read.js';
import type { Shop } from '../retailer/session.js';
import type { Stopper } from '../retailer/stop.js';
import { runTasks } from '../retailer/workers.js';
import { readCatalogue, type FileCatalogue } from './lines.js';
import { priceCalls, setPrices, stepsLeft, type PricedArticle } from './prices.js';
import { addProduct } from './products.js';
import { countedIn, levelCalls, setStock, stockFor } from './stock.js';
import { prepareTerms } from './terms.js';

export interface ImportReport {
  account: Account;
  linesInFile: number;
  malformed: FileCatalogue['malformed'];
  finished: boolean;
  articles: { inFile: number; added: number; alreadyThere: number; refused: number };
  /** Refused articles by SKU, with the shop's words. */
  refused: Record<string, string>;
  prices: { changes: number; setByShop: string[] };
  stock: { levels: number };
  seconds: number;
}

interface Added {
  priced: PricedArticle[];
  alreadyThere: number;
  refused: Record<string, string>;
}

interface Work {
  shop: Shop;
  workers: number;
  stopper: Stopper;
}

async function addProducts(
  { shop, workers, stopper }: Work,
  file: FileCatalogue,
  account: Account,
): Promise<Added> {
  const existing = await readArticles(shop);
  const added: Added = { priced: [], alreadyThere: 0, refused: {} };
  const progress = showProgress('Products', file.articles.length);
  const tasks = file.articles.map((article) => ({ party: article.sku, article }));
  const add = async (article: Article): Promise<void> => {
    const there = existing.get(article.sku);
    const result = there ?? (await addProduct(shop, article));
    if ('refused' in result) {
      added.refused[article.sku] = result.message;
      file.enterArticle(account, article, result.refused);
      return;
    }
    if (there) added.alreadyThere += 1;
    const price = there ? there.price : (article.prices[0]?.price ?? null);
    added.priced.push({ article, variantId: result.variantId, price });
    file.enterArticle(account, article);
  };
  try {
    await runTasks(
      tasks,
      workers,
      async ({ article }) => {
        await add(article);
        progress.step();
      },
      stopper.stopped,
    );
  } finally {
    progress.end();
  }
  return added;
}

async function bringPrices(
  { shop, stopper }: Work,
  priced: readonly PricedArticle[],
): Promise<ImportReport['prices']> {
  const { steps, setByShop } = stepsLeft(priced);
  const calls = priceCalls(steps);
  const progress = showProgress('Prices, calls', calls.length);
  let changes = 0;
  try {
    // One after the other: the order of an article's prices is its history.
    for (const call of calls) {
      if (stopper.stopped()) break;
      await setPrices(shop, call);
      changes += call.length;
      progress.step();
    }
  } finally {
    progress.end();
  }
  return { changes, setByShop };
}

async function fillStock(work: Work, warehouseId: string, priced: readonly PricedArticle[]): Promise<number> {
  const counted = await countedIn(work.shop, warehouseId);
  const levels = priced
    .filter(({ variantId }) => !counted.has(variantId))
    .map(({ variantId, article }) => ({ variantId, quantity: stockFor(article.sold) }))
    // Workers end in any order; the same levels must give the same calls, and thereby the same keys.
    .sort((a, b) => (a.variantId < b.variantId ? -1 : 1));
  const calls = levelCalls(levels).map((call, i) => ({ party: String(i), call }));
  const progress = showProgress('Stock, calls', calls.length);
  let done = 0;
  try {
    await runTasks(
      calls,
      work.workers,
      async ({ call }) => {
        await setStock(work.shop, warehouseId, call);
        done += call.length;
        progress.step();
      },
      work.stopper.stopped,
    );
  } finally {
    progress.end();
  }
  return done;
}

/** Articles that a stopped run has not come to: their lines are in the account all the same. */
function enterTheRest(file: FileCatalogue, account: Account, added: Added): void {
  const done = new Set([...added.priced.map(({ article }) => article.sku), ...Object.keys(added.refused)]);
  for (const article of file.articles)
    if (!done.has(article.sku)) file.enterArticle(account, article, 'NOT_REACHED');
}

/** Runs the whole import, or what is left of it. */
export async function importCatalogue(work: Work, path: string): Promise<ImportReport> {
  const began = Date.now();
  const account = openAccount();
  process.stderr.write(`Reading ${path}\n`);
  const file = await readCatalogue(readLines(path), account);
  const { warehouseId } = await prepareTerms(work.shop);
  const added = await addProducts(work, file, account);
  const prices = await bringPrices(work, added.priced);
  const levels = await fillStock(work, warehouseId, added.priced);
  enterTheRest(file, account, added);
  const refused = Object.keys(added.refused).length;
  return {
    account,
    linesInFile: file.linesInFile,
    malformed: file.malformed,
    finished: !work.stopper.stopped(),
    articles: {
      inFile: file.articles.length,
      added: added.priced.length - added.alreadyThere,
      alreadyThere: added.alreadyThere,
      refused,
    },
    refused: added.refused,
    prices,
    stock: { levels },
    seconds: (Date.now() - began) / 1000,
  };
}
