/** A small file with the traps of the real one, imported and replayed in a whole shop, more than once. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestShop, type TestShop } from '../../tests/testkit/shop.js';
import { importCatalogue, type ImportReport } from '../import/catalogue.js';
import { patient } from '../retailer/patience.js';
import type { Progress } from '../retailer/progress.js';
import { readLines } from '../retailer/read.js';
import { openSession, type Shop } from '../retailer/session.js';
import { openJournal } from './journal.js';
import { planReplay } from './plan.js';
import { reportOf, type ReplayReport } from './report.js';
import { prepareShop, replay } from './run.js';

const file = `invoice_no,stock_code,description,quantity,invoice_date,unit_price,customer_id,country
536365,85123A,WHITE HANGING HEART,6,2010-12-01T08:26:00,2.55,17850,United Kingdom
536365,85123a,WHITE HANGING HEART,2,2010-12-01T08:26:00,2.55,17850,United Kingdom
536365,71053,WHITE METAL LANTERN,6,2010-12-01T08:26:00,3.39,17850,United Kingdom
536365,POST,POSTAGE,1,2010-12-01T08:26:00,18.0,17850,United Kingdom
C536379,85123A,WHITE HANGING HEART,-3,2010-12-01T09:41:00,2.55,17850,United Kingdom
C536380,71053,WHITE METAL LANTERN,-9,2010-12-01T09:49:00,3.39,17850,United Kingdom
C536381,22632,HAND WARMER,-1,2010-12-01T09:50:00,2.1,17850,United Kingdom
536390,71053,WHITE METAL LANTERN,1,2010-12-01T10:00:00,5.00,,EIRE
536414,71053,?,56,2010-12-01T11:52:00,0.0,,United Kingdom
536415,71053,damages,-10,2010-12-01T11:53:00,0.0,,United Kingdom
536416,71053,six,six,2010-12-01T11:53:00,0.0,,United Kingdom
537659,71053,WHITE METAL LANTERN,9000,2010-12-02T10:00:00,3.39,18102,United Kingdom
C537700,71053,WHITE METAL LANTERN,-1,2010-12-03T10:00:00,3.39,18102,United Kingdom
`;
const linesInFile = 13;

let shop: TestShop;
let staff: Shop;
let folder: string;
const path = (): string => join(folder, 'orders.csv');
const stopper = { stopped: () => false };
const progress: Progress = { step: () => {}, note: () => {}, end: () => {} };

async function createAdministrator(): Promise<{ email: string; password: string }> {
  const credentials = {
    email: `admin.${randomUUID()}@staff.example`,
    password: 'correct horse battery staple',
  };
  const { errors } = await shop.subgraphs.users.execute({
    query: 'mutation ($input: CreateUserInput!) { createUser(input: $input) { userErrors { message } } }',
    variables: { input: { ...credentials, firstName: 'Ada', lastName: 'Admin', roles: ['ADMIN'] } },
    caller: { claims: { kind: 'service', sub: 'test' }, headers: {}, correlationId: 'test' },
  });
  if (errors?.[0]) throw errors[0];
  return credentials;
}

beforeAll(async () => {
  shop = await startTestShop();
  folder = await mkdtemp(join(tmpdir(), 'hanse-replay-'));
  await writeFile(path(), file);
  const url = new URL('/graphql', shop.gateway.url).toString();
  staff = await openSession({ url, staff: await createAdministrator(), patience: patient });
});
afterAll(() => shop.close());

const importFile = (): Promise<ImportReport> => importCatalogue({ shop: staff, workers: 2, stopper }, path());

async function replayFile(journalName: string): Promise<ReplayReport> {
  const plan = await planReplay(readLines(path()), { from: null, until: null, limit: null });
  const journal = await openJournal(join(folder, journalName), 'file', 'url');
  try {
    const context = await prepareShop(staff, plan);
    const options = { shop: staff, journal, workers: 2, pace: async () => {}, stopper, progress };
    return reportOf(plan, await replay(context, plan, options));
  } finally {
    await journal.close();
  }
}

interface Placed {
  orders: {
    number: string;
    email: string;
    placedAt: string;
    paymentState: string;
    placedBy: { id: string } | null;
    customer: { id: string } | null;
    items: { sku: string; quantity: number; cancelledQuantity: number; unitPrice: { amount: string } }[];
  }[];
}

/** All orders of the shop, with what a repeat must not change. */
async function placed(): Promise<Placed['orders']> {
  const { errors, data } = await shop.subgraphs.orders.execute({
    query: `{ orders(first: 100) { nodes { number email placedAt paymentState
      items { sku quantity cancelledQuantity unitPrice { amount } } } } }`,
    caller: { claims: { kind: 'service', sub: 'test' }, headers: {}, correlationId: 'test' },
  });
  if (errors?.[0]) throw errors[0];
  const { orders } = data as unknown as { orders: { nodes: Placed['orders'] } };
  return orders.nodes.sort((a, b) => (a.placedAt < b.placedAt ? -1 : 1));
}

const rowsOf = (rows: ReplayReport['account']): [string, string, number[]][] =>
  rows.map(({ outcome, reason, examples }) => [outcome, reason, examples]);

test('a catalogue is built once, and a second run finds it there', async () => {
  const first = await importFile();
  expect(first.articles).toEqual({ inFile: 2, added: 2, alreadyThere: 0, refused: 0 });
  expect(first.stock.levels).toBe(2);
  expect(rowsOf(first.account.rows())).toEqual([
    ['taken', 'SOLD', [2, 4, 9, 13]],
    ['merged', 'OTHER_SPELLING', [3]],
    ['refused', 'CANCELLATION', [6, 7, 8, 14]],
    ['refused', 'POSTAGE', [5]],
    ['refused', 'FREE', [10]],
    ['refused', 'STOCK_CORRECTION', [11]],
    ['refused', 'MALFORMED', [12]],
  ]);
  const second = await importFile();
  expect(second.articles).toEqual({ inFile: 2, added: 0, alreadyThere: 2, refused: 0 });
  expect([second.prices.changes, second.stock.levels]).toEqual([0, 0]);
});

test('invoices become orders, and neither a second run nor one without its journal changes anything', async () => {
  const report = await replayFile('first.jsonl');
  expect(report.balance).toEqual({ linesInFile, taken: 5, merged: 1, refused: 7, balanced: true });
  expect(rowsOf(report.account)).toEqual([
    ['taken', 'PLACED', [2, 4, 9]],
    ['taken', 'CANCELLED', [6]],
    ['taken', 'CANCELLED_IN_PART', [7]],
    ['merged', 'SAME_ARTICLE', [3]],
    ['refused', 'POSTAGE', [5]],
    ['refused', 'FREE', [10]],
    ['refused', 'STOCK_CORRECTION', [11]],
    ['refused', 'MALFORMED', [12]],
    ['refused', 'UNMATCHED_CANCELLATION', [8]],
    ['refused', 'SHOP_PAYMENT_DECLINED', [13]],
    ['refused', 'ORDER_NOT_PLACED', [14]],
  ]);
  expect(report.refused).toEqual([
    { invoice: '537659/18102/United Kingdom', why: 'PAYMENT_DECLINED: The payment was refused.' },
  ]);
  expect(report.differences).toEqual({ orderLines: 3, differing: 1, dearer: 0, more: '0', less: '161' });
  const orders = await placed();
  expect(orders.map(({ number: _, ...order }) => order)).toEqual([
    {
      email: 'customer-17850@retailer.example',
      placedAt: '2010-12-01T08:26:00.000Z',
      paymentState: 'PARTIALLY_REFUNDED',
      items: [
        { sku: '85123A', quantity: 8, cancelledQuantity: 3, unitPrice: { amount: '2.55' } },
        { sku: '71053', quantity: 6, cancelledQuantity: 6, unitPrice: { amount: '3.39' } },
      ],
    },
    {
      email: 'guest-536390@retailer.example',
      placedAt: '2010-12-01T10:00:00.000Z',
      paymentState: 'PAID',
      items: [{ sku: '71053', quantity: 1, cancelledQuantity: 0, unitPrice: { amount: '3.39' } }],
    },
    // More than the shop takes in one payment: it waits for another one, and ends with its time.
    {
      email: 'customer-18102@retailer.example',
      placedAt: '2010-12-02T10:00:00.000Z',
      paymentState: 'FAILED',
      items: [{ sku: '71053', quantity: 9000, cancelledQuantity: 0, unitPrice: { amount: '3.39' } }],
    },
  ]);

  const again = await replayFile('first.jsonl');
  expect(again.account).toEqual(report.account);
  expect(again.rate.invoices).toBe(0);
  const withoutJournal = await replayFile('lost.jsonl');
  expect(withoutJournal.account).toEqual(report.account);
  expect(withoutJournal.rate.invoices).toBe(6);
  expect(await placed()).toEqual(orders);
});
