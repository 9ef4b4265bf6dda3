/** The catalogue that the invoice lines speak of: one article for each stock code. */
import { count, mostFrequent, type Counts } from './frequency.js';
import { skuOf } from './kind.js';
import type { InvoiceLine } from './line.js';
import { priceHistory, type PricePoint } from './price-history.js';

export interface Article {
  sku: string;
  /** The most frequent description. */
  name: string;
  /** The others, the most frequent first. */
  otherNames: string[];
  /** Successive regular prices; one at least, the last one is that of now. */
  prices: PricePoint[];
  /** Pieces sold, cancelled ones included. */
  sold: number;
}

interface Facts {
  names: Counts<string>;
  /** By month; lines of guests apart, since the file's guests paid other prices than its customers. */
  customers: Map<string, Counts<bigint>>;
  guests: Map<string, Counts<bigint>>;
  spellings: Counts<string>;
  sold: number;
}

/** What becomes of an article's line: `OTHER_SPELLING` is one whose code is written in another way than most. */
export interface Catalogue {
  /** Takes a sale in. */
  add(line: InvoiceLine): void;
  /** Articles by SKU. */
  articles(): Article[];
  /** How the article's code is mostly written. */
  usualSpelling(sku: string): string | undefined;
}

const earlier = (a: string, b: string): string => (a < b ? a : b);

function namesOf(sku: string, names: Counts<string>): { name: string; otherNames: string[] } {
  const spoken = new Map([...names].filter(([name]) => name !== ''));
  const name = mostFrequent(spoken, earlier) ?? sku;
  const otherNames = [...spoken]
    .filter(([other]) => other !== name)
    .sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1))
    .map(([other]) => other);
  return { name, otherNames };
}

/** An empty catalogue, to be filled line by line. */
export function collectCatalogue(): Catalogue {
  const bySku = new Map<string, Facts>();
  const factsOf = (sku: string): Facts => {
    let facts = bySku.get(sku);
    if (!facts) {
      facts = { names: new Map(), customers: new Map(), guests: new Map(), spellings: new Map(), sold: 0 };
      bySku.set(sku, facts);
    }
    return facts;
  };
  return {
    add({ stockCode, description, quantity, invoicedAt, unitPrice, customerId }) {
      const facts = factsOf(skuOf(stockCode));
      count(facts.names, description);
      count(facts.spellings, stockCode);
      facts.sold += quantity;
      if (unitPrice === null) return;
      const months = customerId ? facts.customers : facts.guests;
      const month = invoicedAt.slice(0, 7);
      const prices = months.get(month) ?? new Map<bigint, number>();
      months.set(month, prices);
      count(prices, unitPrice);
    },
    articles: () =>
      [...bySku]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([sku, { names, customers, guests, sold }]) => ({
          sku,
          ...namesOf(sku, names),
          prices: priceHistory(customers.size > 0 ? customers : guests),
          sold,
        })),
    usualSpelling: (sku) => mostFrequent(bySku.get(sku)?.spellings ?? new Map<string, number>(), earlier),
  };
}
