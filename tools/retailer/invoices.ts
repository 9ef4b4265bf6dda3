/** Invoices of the file: what was sold together, and what was cancelled together. */
import { createHash } from 'node:crypto';
import { skuOf } from './kind.js';
import type { InvoiceLine } from './line.js';

/** An article on an invoice; several lines of the same article are one. */
export interface SoldArticle {
  sku: string;
  quantity: number;
  /** What the file asked for them all, pence. */
  amount: bigint;
  /** The file's lines; the first stands for the article, the others were merged into it. */
  lines: number[];
}

interface Paper {
  /** Names it within the file; the invoice number, unless that number has two customers. */
  key: string;
  invoiceNo: string;
  /** Empty for guests. */
  customerId: string;
  /** The file's word. */
  country: string;
  /** The earliest local time of its lines. */
  invoicedAt: string;
  /** Of what the file says about it: the same invoice with other lines is another one. */
  hash: string;
}

export interface SaleInvoice extends Paper {
  kind: 'sale';
  articles: SoldArticle[];
}

export interface CancelledArticle {
  sku: string;
  /** Pieces taken back, above 0. */
  quantity: number;
  line: number;
}

export interface CancellationInvoice extends Paper {
  kind: 'cancellation';
  articles: CancelledArticle[];
}

export type Invoice = SaleInvoice | CancellationInvoice;

/** Lines by invoice, customer and country: a real file keeps them together, a broken one gives two invoices. */
function groups(lines: readonly InvoiceLine[]): InvoiceLine[][] {
  const byKey = new Map<string, InvoiceLine[]>();
  for (const line of lines) {
    const key = JSON.stringify([line.invoiceNo, line.customerId, line.country]);
    const group = byKey.get(key);
    if (group) group.push(line);
    else byKey.set(key, [line]);
  }
  return [...byKey.values()];
}

function paperOf(group: readonly InvoiceLine[]): Paper {
  const [first] = group;
  if (!first) throw new Error('An invoice has a line at least.');
  const { invoiceNo, customerId, country } = first;
  const hash = createHash('sha256');
  for (const { stockCode, quantity, unitPrice, invoicedAt } of group)
    hash.update(`${stockCode}\u0000${quantity}\u0000${unitPrice}\u0000${invoicedAt}\n`);
  return {
    key: [invoiceNo, customerId || 'guest', country].join('/'),
    invoiceNo,
    customerId,
    country,
    invoicedAt: group.reduce(
      (min, { invoicedAt }) => (invoicedAt < min ? invoicedAt : min),
      first.invoicedAt,
    ),
    hash: hash.update(`${customerId}\u0000${country}`).digest('hex').slice(0, 16),
  };
}

function articlesOf(group: readonly InvoiceLine[]): SoldArticle[] {
  const bySku = new Map<string, SoldArticle>();
  for (const { stockCode, quantity, unitPrice, line } of group) {
    const sku = skuOf(stockCode);
    const amount = BigInt(quantity) * (unitPrice ?? 0n);
    const article = bySku.get(sku);
    if (article) {
      article.quantity += quantity;
      article.amount += amount;
      article.lines.push(line);
    } else bySku.set(sku, { sku, quantity, amount, lines: [line] });
  }
  return [...bySku.values()];
}

/** Invoices of sales. */
export const saleInvoices = (sales: readonly InvoiceLine[]): SaleInvoice[] =>
  groups(sales).map((group) => ({ kind: 'sale', ...paperOf(group), articles: articlesOf(group) }));

/** Invoices of cancellations; each of their lines is looked for by itself. */
export const cancellationInvoices = (cancellations: readonly InvoiceLine[]): CancellationInvoice[] =>
  groups(cancellations).map((group) => ({
    kind: 'cancellation',
    ...paperOf(group),
    articles: group.map(({ stockCode, quantity, line }) => ({
      sku: skuOf(stockCode),
      quantity: -quantity,
      line,
    })),
  }));

/** In the order in which they happened; a sale comes before a cancellation of the same second. */
export const inTimeOrder = (invoices: readonly Invoice[]): Invoice[] =>
  [...invoices].sort(
    (a, b) =>
      compare(a.invoicedAt, b.invoicedAt) ||
      compare(a.kind === 'sale' ? 0 : 1, b.kind === 'sale' ? 0 : 1) ||
      compare(a.key, b.key),
  );

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
