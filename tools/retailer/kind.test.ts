import { expect, test } from '@jest/globals';
import { kindOf, skuOf, type Kind } from './kind.js';
import type { InvoiceLine } from './line.js';
import { someLine } from './testing.js';

test.each<[Partial<InvoiceLine>, Kind]>([
  [{}, 'sale'],
  [{ stockCode: '85123a' }, 'sale'],
  [{ quantity: 74215 }, 'sale'],
  [{ customerId: '' }, 'sale'],
  [{ invoiceNo: 'C536379', quantity: -1 }, 'cancellation'],
  [{ invoiceNo: 'C536379', quantity: -1, unitPrice: 0n }, 'cancellation'],
  [{ invoiceNo: 'C536379', quantity: 1 }, { refused: 'POSITIVE_CANCELLATION' }],
  [{ invoiceNo: 'A563185', stockCode: 'B' }, { refused: 'BOOK_ENTRY' }],
  [{ stockCode: 'POST' }, { refused: 'POSTAGE' }],
  [{ stockCode: 'DOT' }, { refused: 'POSTAGE' }],
  [{ stockCode: 'C2' }, { refused: 'POSTAGE' }],
  [{ stockCode: '23444' }, { refused: 'POSTAGE' }],
  [{ invoiceNo: 'C536379', stockCode: 'D', quantity: -1 }, { refused: 'DISCOUNT' }],
  [{ stockCode: 'm' }, { refused: 'MANUAL' }],
  [{ stockCode: 'S' }, { refused: 'SAMPLES' }],
  [{ stockCode: 'BANK CHARGES' }, { refused: 'FEE' }],
  [{ stockCode: 'gift_0001_20' }, { refused: 'VOUCHER' }],
  [{ stockCode: 'DCGSSGIRL' }, { refused: 'NOT_MERCHANDISE' }],
  [{ stockCode: 'PADS', unitPrice: null }, { refused: 'NOT_MERCHANDISE' }],
  [{ quantity: -9600, unitPrice: 0n, description: 'thrown away' }, { refused: 'STOCK_CORRECTION' }],
  [{ quantity: 0 }, { refused: 'NO_PIECES' }],
  [{ unitPrice: 0n }, { refused: 'FREE' }],
  [{ unitPrice: -100n }, { refused: 'NEGATIVE_PRICE' }],
  [{ unitPrice: null }, { refused: 'FRACTION_OF_A_PENNY' }],
])('a line with %p is %p', (line, kind) => {
  expect(kindOf(someLine(line))).toEqual(kind);
});

test('capitals and small letters are one article', () => {
  expect(skuOf('15056bl')).toBe('15056BL');
});
