/** What a line of the file is: goods sold, goods cancelled, or neither, and then why. */
import type { InvoiceLine } from './line.js';

/** Why a line yields nothing, with the words that the account shows. */
export const refusals = {
  MALFORMED: 'the row cannot be read',
  BOOK_ENTRY: 'an entry of the books (invoice A...), no sale',
  POSTAGE: 'postage and carriage (POST, DOT, C2, 23444)',
  DISCOUNT: 'a discount by hand (D)',
  MANUAL: 'an entry by hand (M)',
  SAMPLES: 'samples (S)',
  FEE: 'fees and commissions (BANK CHARGES, AMAZONFEE, CRUK)',
  VOUCHER: 'gift vouchers (gift_...)',
  NOT_MERCHANDISE: 'another code that does not begin with five digits',
  STOCK_CORRECTION: 'fewer pieces without a cancellation: a correction of stock',
  FREE: 'goods without a price: a gift, or a correction of stock',
  NEGATIVE_PRICE: 'a price below zero',
  FRACTION_OF_A_PENNY: 'a price that no currency unit can pay',
  NO_PIECES: 'a quantity of zero',
  POSITIVE_CANCELLATION: 'a cancellation of more than nothing',
} as const;

export type KindRefusal = keyof typeof refusals;

const services: Record<string, KindRefusal> = {
  POST: 'POSTAGE',
  DOT: 'POSTAGE',
  C2: 'POSTAGE',
  // It looks like an article's code, and is "Next Day Carriage".
  '23444': 'POSTAGE',
  D: 'DISCOUNT',
  M: 'MANUAL',
  S: 'SAMPLES',
  'BANK CHARGES': 'FEE',
  AMAZONFEE: 'FEE',
  CRUK: 'FEE',
};

/** The article's SKU: the code in capitals, since the file writes `85123A` as `85123a` now and then. */
export const skuOf = (stockCode: string): string => stockCode.toUpperCase();

function notMerchandise(sku: string): KindRefusal | undefined {
  const service = services[sku];
  if (service) return service;
  if (/^\d{5}/.test(sku)) return undefined;
  return sku.startsWith('GIFT_') ? 'VOUCHER' : 'NOT_MERCHANDISE';
}

export type Kind = 'sale' | 'cancellation' | { refused: KindRefusal };

const refused = (reason: KindRefusal): Kind => ({ refused: reason });

export const isCancellation = (invoiceNo: string): boolean => /^C/i.test(invoiceNo);

/** What the line is. A sale has a price of a penny or more and pieces; a cancellation takes pieces back. */
export function kindOf(line: Pick<InvoiceLine, 'invoiceNo' | 'stockCode' | 'quantity' | 'unitPrice'>): Kind {
  if (/^A/i.test(line.invoiceNo)) return refused('BOOK_ENTRY');
  const service = notMerchandise(skuOf(line.stockCode));
  if (service) return refused(service);
  if (line.quantity === 0) return refused('NO_PIECES');
  if (isCancellation(line.invoiceNo))
    return line.quantity < 0 ? 'cancellation' : refused('POSITIVE_CANCELLATION');
  if (line.quantity < 0) return refused('STOCK_CORRECTION');
  if (line.unitPrice === null) return refused('FRACTION_OF_A_PENNY');
  if (line.unitPrice < 0n) return refused('NEGATIVE_PRICE');
  return line.unitPrice === 0n ? refused('FREE') : 'sale';
}
