import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { balanceOf, openAccount } from '../retailer/account.js';
import type { InvoiceLine } from '../retailer/line.js';
import type { FileLine } from '../retailer/read.js';
import { someLine } from '../retailer/testing.js';
import { meanings, readCatalogue } from './lines.js';

async function* fileOf(lines: InvoiceLine[], malformed: number[] = []): AsyncGenerator<FileLine> {
  for (const parsed of lines) yield { line: parsed.line, parsed };
  for (const line of malformed) yield { line, malformed: 'its quantity is "six"' };
}

test('each line of the file says whether it was taken, merged into another spelling, or refused and why', async () => {
  const account = openAccount();
  const file = await readCatalogue(
    fileOf(
      [
        someLine({ line: 2 }),
        someLine({ line: 3 }),
        someLine({ line: 4, stockCode: '85123a' }),
        someLine({ line: 5, description: 'CREAM HANGING HEART' }),
        someLine({ line: 6, stockCode: 'POST' }),
        someLine({ line: 7, invoiceNo: 'C1', quantity: -1 }),
        someLine({ line: 8, stockCode: '71053' }),
      ],
      [9],
    ),
    account,
  );
  expect(file.articles.map(({ sku }) => sku)).toEqual(['71053', '85123A']);
  for (const article of file.articles)
    file.enterArticle(account, article, article.sku === '71053' ? 'SHOP_SKU_TAKEN' : undefined);
  expect(account.rows().map(({ outcome, reason, examples }) => [outcome, reason, examples])).toEqual([
    ['taken', 'SOLD', [2, 3]],
    ['merged', 'OTHER_SPELLING', [4]],
    ['merged', 'OTHER_DESCRIPTION', [5]],
    ['refused', 'POSTAGE', [6]],
    ['refused', 'CANCELLATION', [7]],
    ['refused', 'MALFORMED', [9]],
    ['refused', 'SHOP_SKU_TAKEN', [8]],
  ]);
  expect(file.malformed).toEqual([{ line: 9, why: 'its quantity is "six"' }]);
});

test('whatever the lines are, the account adds up, and each reason has its words', async () => {
  const anyLine = fc.record({
    invoiceNo: fc.constantFrom('1', 'C2', 'A3'),
    stockCode: fc.constantFrom('85123A', '85123a', '71053', 'POST', 'M', 'D', 'gift_0001_20', 'PADS'),
    description: fc.constantFrom('', '?', 'LAMP', 'RED LAMP'),
    quantity: fc.integer({ min: -3, max: 3 }),
    unitPrice: fc.constantFrom(0n, 255n, -1n, null),
    customerId: fc.constantFrom('', '1'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyLine, { maxLength: 30 }),
      fc.integer({ min: 0, max: 3 }),
      async (facts, broken) => {
        const lines = facts.map((fact, i) => someLine({ ...fact, line: i + 2 }));
        const malformed = Array.from({ length: broken }, (_, i) => lines.length + 2 + i);
        const account = openAccount();
        const file = await readCatalogue(fileOf(lines, malformed), account);
        for (const article of file.articles) file.enterArticle(account, article);
        expect(file.linesInFile).toBe(lines.length + broken);
        expect(balanceOf(account, file.linesInFile)).toMatchObject({ balanced: true });
        for (const { reason } of account.rows()) expect(meanings[reason]).toBeDefined();
      },
    ),
  );
});
