import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { balanceOf } from '../retailer/account.js';
import type { InvoiceLine } from '../retailer/line.js';
import type { FileLine } from '../retailer/read.js';
import { someLine } from '../retailer/testing.js';
import type { Finished } from './journal.js';
import { meanings, planReplay, type Plan, type Selection } from './plan.js';
import { reportOf } from './report.js';

const everything: Selection = { from: null, until: null, limit: null };

async function* fileOf(lines: InvoiceLine[]): AsyncGenerator<FileLine> {
  for (const parsed of lines) yield { line: parsed.line, parsed };
}
const planOf = (lines: InvoiceLine[], selection: Partial<Selection> = {}): Promise<Plan> =>
  planReplay(fileOf(lines), { ...everything, ...selection });
const reasons = ({ account }: Plan): [string, string, number[]][] =>
  account.rows().map(({ outcome, reason, examples }) => [outcome, reason, examples]);

test('invoices in time order, each under its customer, guests each for themselves', async () => {
  const plan = await planOf([
    someLine({ invoiceNo: '2', invoicedAt: '2010-12-02T10:00:00' }),
    someLine({ invoiceNo: 'C3', quantity: -1, invoicedAt: '2010-12-03T10:00:00' }),
    someLine({ invoiceNo: '1', customerId: '' }),
  ]);
  expect(plan.tasks.map(({ party, invoice }) => [party, invoice.invoiceNo])).toEqual([
    ['1/guest/United Kingdom', '1'],
    ['17850', '2'],
    ['17850', 'C3'],
  ]);
  expect(plan.account.total()).toBe(0);
});

test('cancellations that match nothing and countries that nobody knows are entered at once', async () => {
  const plan = await planOf([
    someLine({ line: 2, country: 'Atlantis' }),
    someLine({ line: 3, invoiceNo: 'C3', quantity: -1 }),
    someLine({ line: 4, invoiceNo: 'C4', quantity: -1, customerId: '' }),
    someLine({ line: 5, country: 'Unspecified', invoiceNo: '5', invoicedAt: '2011-01-01T10:00:00' }),
    someLine({ line: 6, country: 'EIRE', invoiceNo: 'C6', invoicedAt: '2011-01-02T10:00:00', quantity: -9 }),
  ]);
  expect(reasons(plan)).toEqual([
    ['refused', 'UNKNOWN_COUNTRY', [2]],
    ['refused', 'UNMATCHED_CANCELLATION', [3]],
    ['refused', 'GUEST_CANCELLATION', [4]],
  ]);
  expect(plan.unmatched.map(({ line, quantity, unmatched }) => [line, quantity, unmatched])).toEqual([
    [3, 1, 1],
    [4, 1, 1],
    [6, 9, 3],
  ]);
  expect(plan.assumedCountries).toEqual({ Unspecified: 1 });
  expect(plan.tasks.map(({ invoice }) => invoice.invoiceNo)).toEqual(['5', 'C6']);
});

test('a part of the file is planned as it would be in the whole', async () => {
  const lines = [
    someLine({ line: 2, invoiceNo: '1', quantity: 5 }),
    someLine({ line: 3, invoiceNo: '2', quantity: 5, invoicedAt: '2010-12-02T10:00:00' }),
    someLine({ line: 4, invoiceNo: 'C3', quantity: -5, invoicedAt: '2011-01-01T00:00:00' }),
    someLine({ line: 5, invoiceNo: 'C4', quantity: -5, invoicedAt: '2011-01-31T23:59:59' }),
    someLine({ line: 6, invoiceNo: '5', quantity: 5, invoicedAt: '2011-02-01T00:00:00' }),
  ];
  const plan = await planOf(lines, { from: '2011-01-01', until: '2011-02-01T00:00:00' });
  const soldBy = plan.tasks.map((task) => ('matched' in task ? task.matched[0]?.matches[0]?.soldBy : ''));
  expect(soldBy).toEqual(['2/17850/United Kingdom', '1/17850/United Kingdom']);
  expect(reasons(plan)).toEqual([['refused', 'NOT_SELECTED', [2, 3, 6]]]);
  const limited = await planOf(lines, { limit: 2 });
  expect(limited.tasks.map(({ invoice }) => invoice.invoiceNo)).toEqual(['1', '2']);
});

test('whatever the file is and wherever the replay stops, the account adds up', async () => {
  const anyLine = fc.record({
    invoiceNo: fc.constantFrom('1', '2', '3', 'C4', 'C5', 'A6'),
    stockCode: fc.constantFrom('85123A', '85123a', '71053', 'POST'),
    quantity: fc.integer({ min: -3, max: 9 }),
    unitPrice: fc.constantFrom(0n, 255n),
    customerId: fc.constantFrom('', '1', '2'),
    country: fc.constantFrom('EIRE', 'Atlantis', 'Unspecified'),
    invoicedAt: fc.constantFrom('2010-12-01T08:26:00', '2011-01-01T08:26:00', '2011-02-01T08:26:00'),
  });
  const finishedOf = ({ invoice, ...task }: Plan['tasks'][number]): Finished => ({
    key: invoice.key,
    entries: [
      {
        outcome: 'taken',
        reason: 'PLACED',
        lines:
          'matched' in task
            ? task.matched.map(({ line }) => line)
            : invoice.kind === 'sale'
              ? invoice.articles.flatMap((article) => article.lines)
              : [],
      },
    ],
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyLine, { maxLength: 30 }),
      fc.option(fc.constantFrom('2011-01-01')),
      fc.nat(3),
      async (facts, from, done) => {
        const lines = facts.map((fact, i) => someLine({ ...fact, line: i + 2 }));
        const plan = await planOf(lines, { from });
        const finished = new Map(
          plan.tasks.slice(0, done).map((task) => [task.invoice.key, finishedOf(task)]),
        );
        const report = reportOf(plan, { finished, invoices: 0, lines: 0, seconds: 1 });
        expect(plan.linesInFile).toBe(lines.length);
        expect(balanceOf(plan.account, plan.linesInFile)).toEqual(report.balance);
        expect(report.balance.balanced).toBe(true);
        expect(report.left).toBe(Math.max(0, plan.tasks.length - done));
        for (const { reason } of report.account) expect(meanings[reason]).toBeDefined();
      },
    ),
  );
});
