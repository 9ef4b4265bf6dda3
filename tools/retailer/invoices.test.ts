import { expect, test } from '@jest/globals';
import { cancellationInvoices, inTimeOrder, saleInvoices } from './invoices.js';
import { someLine } from './testing.js';

test('lines of the same article on an invoice are one, at the sum of what the file asked', () => {
  const [invoice] = saleInvoices([
    someLine({ line: 2, stockCode: '85123A', quantity: 6, unitPrice: 255n }),
    someLine({ line: 3, stockCode: '71053', quantity: 1, unitPrice: 339n }),
    someLine({ line: 4, stockCode: '85123a', quantity: 2, unitPrice: 295n }),
  ]);
  expect(invoice?.articles).toEqual([
    { sku: '85123A', quantity: 8, amount: 2120n, lines: [2, 4] },
    { sku: '71053', quantity: 1, amount: 339n, lines: [3] },
  ]);
});

test('an invoice that was written over two minutes has the first of them', () => {
  const invoices = saleInvoices([
    someLine({ invoicedAt: '2010-12-01T16:58:00' }),
    someLine({ invoicedAt: '2010-12-01T16:57:00' }),
  ]);
  expect(invoices.map(({ invoicedAt }) => invoicedAt)).toEqual(['2010-12-01T16:57:00']);
});

test('one number with two customers is two invoices', () => {
  const invoices = saleInvoices([someLine({ customerId: '1' }), someLine({ customerId: '2' })]);
  expect(invoices.map(({ key }) => key)).toEqual(['536365/1/United Kingdom', '536365/2/United Kingdom']);
});

test('the hash names the content: the same again gives the same, another quantity another', () => {
  const hashOf = (quantity: number): string | undefined => saleInvoices([someLine({ quantity })])[0]?.hash;
  expect(hashOf(6)).toBe(hashOf(6));
  expect(hashOf(6)).not.toBe(hashOf(7));
});

test('time order, and in the same second the sale before the cancellation', () => {
  const at = (invoicedAt: string): { invoicedAt: string } => ({ invoicedAt });
  const cancelled = { invoiceNo: 'C1', quantity: -1 };
  const ordered = inTimeOrder([
    ...cancellationInvoices([someLine({ ...cancelled, ...at('2011-01-02T10:00:00') })]),
    ...saleInvoices([someLine({ invoiceNo: '3', ...at('2011-01-03T10:00:00') })]),
    ...saleInvoices([someLine({ invoiceNo: 'W2', ...at('2011-01-02T10:00:00') })]),
  ]);
  expect(ordered.map(({ invoiceNo }) => invoiceNo)).toEqual(['W2', 'C1', '3']);
});
