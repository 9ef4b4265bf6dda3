import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { readLines, type FileLine } from './read.js';

const header = 'invoice_no,stock_code,description,quantity,invoice_date,unit_price,customer_id,country';
const good = '536365,85123A,WHITE HANGING HEART,6,2010-12-01T08:26:00,2.55,17850,United Kingdom';

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'hanse-read-')), 'orders.csv');
  await writeFile(path, content);
  return path;
}

async function read(content: string | Buffer): Promise<FileLine[]> {
  const lines: FileLine[] = [];
  for await (const line of readLines(await fileOf(content))) lines.push(line);
  return lines;
}

test('a plain file and a gzip file give the same lines, whatever their name', async () => {
  const text = `${header}\n${good}\n`;
  const lines = await read(text);
  expect(lines).toHaveLength(1);
  expect(lines[0]?.parsed).toMatchObject({ line: 2, invoiceNo: '536365', unitPrice: 255n });
  expect(await read(gzipSync(text))).toEqual(lines);
});

test('quotation marks and commas in descriptions, a byte order mark and CRLF', async () => {
  const quoted = '536366,22661,"CHARLIE+LOLA, ""BUSY"" SIGN",1,2010-12-01T08:28:00,2.1,,EIRE';
  const lines = await read(
    `\uFEFF${header.replace('invoice_no', '"invoice_no"')}\r\n${quoted}\r\n${good}\r\n`,
  );
  expect(lines.map(({ parsed }) => [parsed?.line, parsed?.description, parsed?.customerId])).toEqual([
    [2, 'CHARLIE+LOLA, "BUSY" SIGN', ''],
    [3, 'WHITE HANGING HEART', '17850'],
  ]);
});

test('a row that cannot be read keeps its number, and the next one is read', async () => {
  const lines = await read(`${header}\n536365,85123A\n${good.replace(',6,', ',six,')}\n${good}\n`);
  expect(lines.map(({ line, malformed }) => [line, malformed])).toEqual([
    [2, 'it has 2 fields instead of 8'],
    [3, 'its quantity is "six"'],
    [4, undefined],
  ]);
});

test('columns may stand in another order, and others beside them', async () => {
  const lines = await read('country,note,customer_id,unit_price,invoice_date,quantity,description,stock_code,invoice_no\nEIRE,x,1,2.5,2010-12-01T08:26:00,3,LAMP,22001,5\n'); // prettier-ignore
  expect(lines[0]?.parsed).toMatchObject({
    country: 'EIRE',
    stockCode: '22001',
    quantity: 3,
    unitPrice: 250n,
  });
});

test.each<[string, string | Buffer, string]>([
  ['another CSV', 'sku,name\n1,Lamp\n', 'its first line lacks invoice_no'],
  ['an empty file', '', 'is empty'],
  ['half a gzip file', gzipSync(`${header}\n${good}\n`.repeat(50)).subarray(0, 90), 'damaged gzip file'],
  [
    'a quotation mark that never closes',
    `${header}\n1,2,"LAMP,3\n${`${good}\n`.repeat(2_000)}`,
    'Max Record Size',
  ],
])('%s is refused with words', async (_, content, words) => {
  await expect(read(content)).rejects.toMatchObject({
    name: 'RetailerFileError',
    message: expect.stringContaining(words),
  });
});

test('a file that is not there is said so', async () => {
  await expect(readLines('/no/such/file.csv').next()).rejects.toThrow('There is no file /no/such/file.csv.');
});
