import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { anonymousCaller, guestCaller, userCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { consumeOnce } from '../../shared/events/inbox.js';
import { openDatabase, recordStatements, type Database } from '../../shared/db.js';
import { serviceCaller } from '../../shared/caller.js';
import { createContext, type Context } from '../context.js';
import { consumersOf } from '../main.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { newTail } from '../sku/service.js';
import { addProduct, createTestCatalog, type Answer, type TestCatalog } from './catalog.js';

let catalog: TestCatalog;
let database: Database;
let db: PrismaClient;
beforeAll(async () => {
  catalog = await createTestCatalog();
  database = openDatabase({
    url: catalog.parts.databaseUrl('catalog'),
    schema: 'catalog',
    onError: () => {},
  });
  db = new PrismaClient({ adapter: database.adapter });
});
afterAll(async () => {
  await db.$disconnect();
  await database.close();
  await catalog.close();
});

const add = `mutation ($input: AddReviewInput!) { addReview(input: $input) {
  review { rating title body product { rating { average count } } } userErrors { code field } } }`;
const review = async (
  productId: unknown,
  rating: number,
  caller: Caller = userCaller(),
  more: object = {},
): Promise<Answer> => {
  const { addReview } = await catalog.data(
    add,
    { input: { idempotencyKey: randomUUID(), productId, rating, ...more } },
    caller,
  );
  return addReview as unknown as Answer;
};
const read = async (id: unknown, first = 2, after?: unknown): Promise<Answer> => {
  const { product } = await catalog.data(
    `query ($id: ID, $first: Int, $after: String) { product(id: $id) { rating { average count }
       reviews(first: $first, after: $after) { nodes { rating title body } pageInfo { hasNextPage endCursor } } } }`,
    { id, first, after },
  );
  return product as unknown as Answer;
};
const newProduct = async (): Promise<string> => {
  const { product } = await addProduct(catalog);
  return product?.['id'] as unknown as string;
};

test('a customer reviews a product once, and the rating is the mean of all', async () => {
  const id = await newProduct();
  const customer = userCaller();
  expect(await review(id, 5, customer, { title: ' Bright ', body: '' })).toEqual({
    review: { rating: 5, title: 'Bright', body: null, product: { rating: { average: '5.00', count: 1 } } },
    userErrors: [],
  });
  expect(await review(id, 1, customer)).toEqual({
    review: null,
    userErrors: [{ code: 'ALREADY_REVIEWED', field: ['productId'] }],
  });
  await review(id, 4);
  await review(id, 4);
  const first = await read(id);
  expect(first).toMatchObject({
    rating: { average: '4.33', count: 3 },
    reviews: { nodes: [{ rating: 4 }, { rating: 4 }], pageInfo: { hasNextPage: true } },
  });
  expect(await read(id, 2, first['reviews']?.['pageInfo']?.['endCursor'])).toMatchObject({
    reviews: { nodes: [{ rating: 5, title: 'Bright' }], pageInfo: { hasNextPage: false } },
  });
});

test('twenty who review at once, and one who does so five times at once, count once each', async () => {
  const id = await newProduct();
  const eager = userCaller();
  const answers = await Promise.all([
    ...Array.from({ length: 20 }, () => review(id, 5)),
    ...Array.from({ length: 5 }, () => review(id, 1, eager)),
  ]);
  const codes = answers.map((answer) => answer['userErrors']?.[0]?.['code'] ?? 'done');
  expect(codes.filter((code) => (code as unknown as string) === 'done')).toHaveLength(21);
  expect(await read(id)).toMatchObject({ rating: { average: '4.81', count: 21 } });
});

test('what cannot be reviewed is refused, and the rating stays', async () => {
  const id = await newProduct();
  const { product: draft } = await addProduct(catalog, { status: 'DRAFT' });
  expect(await review(id, 0)).toMatchObject({ review: null, userErrors: [{ field: ['rating'] }] });
  expect(await review(id, 6)).toMatchObject({ review: null, userErrors: [{ field: ['rating'] }] });
  expect(
    await review(id, 3, userCaller(), { title: 'x'.repeat(201), body: 'x'.repeat(5_001) }),
  ).toMatchObject({
    userErrors: [{ field: ['title'] }, { field: ['body'] }],
  });
  for (const unknown of [draft?.['id'], catalog.parts.newId(), 'no id'])
    expect(await review(unknown, 3)).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
  for (const caller of [anonymousCaller(), guestCaller()]) {
    const { errors } = await catalog.run(
      add,
      { input: { idempotencyKey: randomUUID(), productId: id, rating: 3 } },
      caller,
    );
    expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  }
  expect(await read(id)).toMatchObject({ rating: { average: null, count: 0 }, reviews: { nodes: [] } });
});

test('a deleted customer is forgotten: the stars stay, words and author go, also when told twice', async () => {
  const id = await newProduct();
  const [gone, stays] = [catalog.parts.newId(), catalog.parts.newId()];
  await review(id, 2, userCaller(gone), { title: 'Mine', body: 'My words' });
  await review(id, 3, userCaller(gone), { title: 'Refused', body: 'My other words' });
  await review(id, 4, userCaller(stays), { title: 'Other' });
  const consumer = consumersOf(false).find(({ name }) => name === 'customers');
  if (!consumer) throw new Error('no consumer of deleted customers');
  const parts = { ...catalog.parts, db, newTail, openSearch: null };
  const consume = (): Promise<number> =>
    consumeOnce<Context>(
      {
        schema: 'catalog',
        consumers: [consumer],
        createContext: (id) => createContext(parts, serviceCaller('catalog', id)),
      },
      consumer,
    );
  for (let time = 0; time < 2; time += 1) {
    await db.inboxMessage.create({
      data: {
        consumer: 'customers',
        eventId: catalog.parts.newId(),
        type: 'UserDeleted',
        version: 1,
        aggregateType: 'User',
        aggregateId: gone,
        aggregateSeq: 1,
        correlationId: 'test',
        occurredAt: catalog.parts.clock(),
        payload: { userId: gone },
        runAt: catalog.parts.clock(),
      },
    });
    expect(await consume()).toBe(1);
    const rows = await db.review.findMany({ where: { productId: id }, orderBy: { id: 'asc' } });
    expect(rows.map((row) => [row.customerId, row.title, row.body, row.rating])).toEqual([
      [null, null, null, 2],
      [stays, 'Other', null, 4],
    ]);
    const keys = await db.idempotencyKey.findMany({ where: { owner: { in: [gone, stays] } } });
    expect(keys.map((key) => key.owner)).toEqual([stays]);
  }
  expect(await read(id)).toMatchObject({ rating: { average: '3.00', count: 2 } });
});

test('a product page with variants, prices, brand, category and reviews costs five statements', async () => {
  const { createBrand, createCategory } = await catalog.data(
    `mutation { createBrand(input: { idempotencyKey: "k", name: "Page" }) { brand { id } } createCategory(input: { idempotencyKey: "k", name: "Page" }) { category { id } } }`,
    {},
    userCaller(undefined, 'merchandiser'),
  );
  const { product } = await addProduct(catalog, {
    handle: 'page',
    brandId: createBrand?.['brand']?.['id'],
    categoryId: createCategory?.['category']?.['id'],
  });
  await review(product?.['id'], 5);
  await review(product?.['id'], 3);
  const stop = recordStatements();
  const answer =
    await catalog.data(`{ product(handle: "page") { name images { url } attributes { name value } options { name }
    brand { name } category { name } priceRange { min { amount } } rating { average }
    variants { sku name price { current { formatted } } prices { regular { amount } } }
    reviews(first: 5) { nodes { rating title body createdAt } } } }`);
  expect(stop()).toHaveLength(5);
  expect(answer['product']).toMatchObject({
    rating: { average: '4.00' },
    reviews: { nodes: [{ rating: 3 }, { rating: 5 }] },
  });
});
