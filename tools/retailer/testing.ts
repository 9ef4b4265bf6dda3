/** Lines for the tests: what a test does not say is the same everywhere. */
import type { InvoiceLine } from './line.js';

let lines = 1;

/** A line of the file; each has a number of its own. */
export const someLine = (line: Partial<InvoiceLine> = {}): InvoiceLine => ({
  line: (lines += 1),
  invoiceNo: '536365',
  stockCode: '85123A',
  description: 'WHITE HANGING HEART T-LIGHT HOLDER',
  quantity: 6,
  invoicedAt: '2010-12-01T08:26:00',
  unitPrice: 255n,
  customerId: '17850',
  country: 'United Kingdom',
  ...line,
});
