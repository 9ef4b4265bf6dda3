import { expect, test } from '@jest/globals';
import { parseRow, type Row } from './line.js';

const row: Row = {
  invoice_no: '536365',
  stock_code: '85123A',
  description: 'WHITE HANGING HEART T-LIGHT HOLDER',
  quantity: '6',
  invoice_date: '2010-12-01T08:26:00',
  unit_price: '2.55',
  customer_id: '17850',
  country: 'United Kingdom',
};

test('a row becomes a line, money in pence', () => {
  expect(parseRow(2, row)).toEqual({
    line: 2,
    invoiceNo: '536365',
    stockCode: '85123A',
    description: 'WHITE HANGING HEART T-LIGHT HOLDER',
    quantity: 6,
    invoicedAt: '2010-12-01T08:26:00',
    unitPrice: 255n,
    customerId: '17850',
    country: 'United Kingdom',
  });
});

test.each([
  ['0.0', 0n],
  ['4', 400n],
  ['2.550', 255n],
  ['-11062.06', -1106206n],
  ['0.001', null],
])('a price of %s is %s pence', (price, pence) => {
  expect(parseRow(2, { ...row, unit_price: price })).toMatchObject({ unitPrice: pence });
});

test('spaces around and double spaces inside a description are one spelling', () => {
  expect(parseRow(2, { ...row, description: ' LUNCH BAG SUKI  DESIGN ' })).toMatchObject({
    description: 'LUNCH BAG SUKI DESIGN',
  });
});

test.each<[Partial<Row>, string]>([
  [{ invoice_no: ' ' }, 'it has no invoice number'],
  [{ stock_code: '' }, 'it has no stock code'],
  [{ quantity: '1.5' }, 'its quantity is "1.5"'],
  [{ quantity: '' }, 'its quantity is ""'],
  [{ invoice_date: '2011-02-31T08:00:00' }, 'its time is "2011-02-31T08:00:00"'],
  [{ invoice_date: '01/12/2010 08:26' }, 'its time is "01/12/2010 08:26"'],
  [{ unit_price: '2,55' }, 'its price is "2,55"'],
])('%j is said to be wrong', (wrong, why) => {
  expect(parseRow(2, { ...row, ...wrong })).toBe(why);
});
