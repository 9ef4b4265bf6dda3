import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cancellationInvoices, inTimeOrder, saleInvoices, type Invoice } from './invoices.js';
import { isCancellation } from './kind.js';
import type { InvoiceLine } from './line.js';
import { matchCancellations, type MatchedLine } from './matching.js';
import { someLine } from './testing.js';

const day = (n: number): string => `2011-01-${String(n).padStart(2, '0')}T10:00:00`;

function invoicesOf(lines: InvoiceLine[]): Invoice[] {
  return inTimeOrder([
    ...saleInvoices(lines.filter(({ invoiceNo }) => !isCancellation(invoiceNo))),
    ...cancellationInvoices(lines.filter(({ invoiceNo }) => isCancellation(invoiceNo))),
  ]);
}
const matchLines = (lines: InvoiceLine[]): MatchedLine[] =>
  [...matchCancellations(invoicesOf(lines)).values()].flat();
const sold = (
  invoiceNo: string,
  on: number,
  quantity: number,
  more: Partial<InvoiceLine> = {},
): InvoiceLine => someLine({ invoiceNo, invoicedAt: day(on), quantity, ...more });
const key = (invoiceNo: string): string => `${invoiceNo}/17850/United Kingdom`;

test('pieces come off the newest earlier purchase, then off the one before', () => {
  const [line] = matchLines([sold('1', 1, 10), sold('2', 2, 4), sold('3', 9, 50), sold('C4', 5, -6)]);
  expect(line).toMatchObject({
    quantity: 6,
    unmatched: 0,
    matches: [
      { soldBy: key('2'), sku: '85123A', quantity: 4 },
      { soldBy: key('1'), sku: '85123A', quantity: 2 },
    ],
  });
});

test('what was cancelled once is not cancelled again', () => {
  const lines = matchLines([sold('1', 1, 10), sold('C2', 2, -7), sold('C3', 3, -7)]);
  expect(lines.map(({ matches, unmatched }) => [matches[0]?.quantity, unmatched])).toEqual([
    [7, 0],
    [3, 4],
  ]);
});

test.each<[string, Partial<InvoiceLine>]>([
  ['another customer', { customerId: '1' }],
  ['another article', { stockCode: '71053' }],
])('what %s bought is not touched', (_, other) => {
  const [line] = matchLines([sold('1', 1, 10, other), sold('C2', 2, -1)]);
  expect(line).toMatchObject({ matches: [], unmatched: 1 });
});

test("a guest's cancellation matches no guest's purchase", () => {
  const guest = { customerId: '' };
  const [line] = matchLines([sold('1', 1, 10, guest), sold('C2', 2, -1, guest)]);
  expect(line).toMatchObject({ matches: [], unmatched: 1 });
});

test('never more than was bought before, and every piece of a cancellation is matched or said not to be', () => {
  const anyLine = fc
    .record({
      paper: fc.integer({ min: 1, max: 12 }),
      cancelled: fc.boolean(),
      on: fc.integer({ min: 1, max: 28 }),
      quantity: fc.integer({ min: 1, max: 20 }),
      customerId: fc.constantFrom('1', '2', ''),
      stockCode: fc.constantFrom('85123A', '85123a', '71053'),
    })
    .map(({ paper, cancelled, on, quantity, ...who }) =>
      someLine({
        ...who,
        invoiceNo: `${cancelled ? 'C' : ''}${paper}`,
        invoicedAt: day(on),
        quantity: cancelled ? -quantity : quantity,
      }),
    );
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 40 }), (lines) => {
      const invoices = invoicesOf(lines);
      const left = new Map<string, number>();
      const customerOf = new Map(invoices.map((invoice) => [invoice.key, invoice]));
      for (const invoice of invoices)
        if (invoice.kind === 'sale')
          for (const { sku, quantity } of invoice.articles) left.set(`${invoice.key} ${sku}`, quantity);
      for (const [cancellationKey, matched] of matchCancellations(invoices)) {
        const cancellation = customerOf.get(cancellationKey);
        for (const { quantity, matches, unmatched } of matched) {
          expect(matches.reduce((sum, match) => sum + match.quantity, unmatched)).toBe(quantity);
          for (const match of matches) {
            const place = `${match.soldBy} ${match.sku}`;
            left.set(place, (left.get(place) ?? 0) - match.quantity);
            expect(match.quantity).toBeGreaterThan(0);
            expect(customerOf.get(match.soldBy)?.customerId).toBe(cancellation?.customerId);
            expect(
              (customerOf.get(match.soldBy)?.invoicedAt ?? '~') <= (cancellation?.invoicedAt ?? ''),
            ).toBe(true);
          }
        }
      }
      for (const pieces of left.values()) expect(pieces).toBeGreaterThanOrEqual(0);
    }),
  );
});
