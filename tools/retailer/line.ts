/** One line of the retailer's file, as it stands there: what is wrong with a row is said, nothing is guessed. */
import { fromDecimal } from '../../subgraphs/shared/money.js';

/** The file's columns, by which its header is recognised; their order does not matter. */
export const columns = [
  'invoice_no',
  'stock_code',
  'description',
  'quantity',
  'invoice_date',
  'unit_price',
  'customer_id',
  'country',
] as const;

export type Column = (typeof columns)[number];
export type Row = Record<Column, string>;

/** The only currency of the file. */
export const fileCurrency = 'GBP';

export interface InvoiceLine {
  /** Number of the line in the file; the header is line 1. */
  line: number;
  invoiceNo: string;
  /** As it is written: `85123a` and `85123A` are both there. */
  stockCode: string;
  /** Spaces at the ends taken off, inner ones made one. */
  description: string;
  /** Pieces; negative in cancellations and corrections of stock. */
  quantity: number;
  /** Local time of the shop, without zone: `2010-12-01T08:26:00`. */
  invoicedAt: string;
  /** Pence; null where the price has a fraction of a penny. */
  unitPrice: bigint | null;
  /** Empty for guests. */
  customerId: string;
  country: string;
}

const wholeNumber = /^-?\d{1,9}$/;
const localTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/;
const decimal = /^-?\d{1,12}(\.\d+)?$/;

const isTime = (text: string): boolean => {
  if (!localTime.test(text)) return false;
  const time = new Date(`${text}Z`);
  // 31 February parses on some runtimes: what comes back must be what went in.
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
};

/** Pence of `2.55` or `0.0`: zeros that change nothing may follow. */
function penceOf(price: string): bigint | null {
  const [whole = '', fraction = ''] = price.split('.');
  const digits = fraction.replace(/0+$/, '');
  return fromDecimal(digits ? `${whole}.${digits}` : whole, fileCurrency);
}

/** The line, or in words what is wrong with the row. */
export function parseRow(line: number, row: Row): InvoiceLine | string {
  const invoiceNo = row.invoice_no.trim();
  const stockCode = row.stock_code.trim();
  const invoicedAt = row.invoice_date.trim();
  const unitPrice = row.unit_price.trim();
  if (!invoiceNo) return 'it has no invoice number';
  if (!stockCode) return 'it has no stock code';
  if (!wholeNumber.test(row.quantity.trim())) return `its quantity is ${JSON.stringify(row.quantity)}`;
  if (!isTime(invoicedAt)) return `its time is ${JSON.stringify(row.invoice_date)}`;
  if (!decimal.test(unitPrice)) return `its price is ${JSON.stringify(row.unit_price)}`;
  return {
    line,
    invoiceNo,
    stockCode,
    description: row.description.trim().replace(/\s+/g, ' '),
    quantity: Number(row.quantity),
    invoicedAt,
    unitPrice: penceOf(unitPrice),
    customerId: row.customer_id.trim(),
    country: row.country.trim(),
  };
}
