/** In a file of its own: counting hears every statement of the process, those of another test's consumers as well. */
import { expect, test } from '@jest/globals';
import { openDatabase, recordStatements } from '../../shared/db.js';
import { connectClient } from '../../shared/open-transaction.js';
import { PrismaClient } from '../prisma.generated/client.js';
import { createPostgresEngine } from '../search/postgres.js';
import { readDocuments } from '../search/store.js';
import { addProduct, createTestCatalog, staff } from './catalog.js';

test('a search page with facets costs the same statements for few products as for many', async () => {
  const quiet = await createTestCatalog({ env: { OPENSEARCH_URL: '' } });
  const database = openDatabase({
    url: quiet.parts.databaseUrl('catalog'),
    schema: 'catalog',
    onError: () => {},
  });
  const db = await connectClient(new PrismaClient({ adapter: database.adapter }), database.pool);
  const places = await quiet.data(
    `mutation { createBrand(input: { idempotencyKey: "k", name: "Nordlicht" }) { brand { id } }
       createCategory(input: { idempotencyKey: "k", name: "Lamps" }) { category { id } } }`,
    {},
    staff(),
  );
  const [brandId, categoryId] = [
    places['createBrand']?.['brand']?.['id'],
    places['createCategory']?.['category']?.['id'],
  ];
  const addAndIndex = async (): Promise<void> => {
    const { product } = await addProduct(quiet, { name: 'Lantern', brandId, categoryId });
    await createPostgresEngine(db).index(await readDocuments(db, [product?.['id'] as unknown as string]));
  };
  const page = `query ($categoryId: ID) { searchProducts(query: "lantern", first: 24, filters: { categoryId: $categoryId }) {
    totalCount nodes { name brand { name } category { name } images { url } variants { sku price { current { amount } } } }
    facets { brands { brand { name } count } categories { category { name } count } prices { count } } } }`;
  const costOf = async (count: number, variables: object): Promise<number> => {
    const stop = recordStatements();
    const answer = await quiet.data(page, { ...variables });
    expect(answer['searchProducts']?.['totalCount']).toBe(count);
    return stop().length;
  };
  try {
    await addAndIndex();
    // The search with its facets; products, their brands, categories, variants with prices.
    expect(await costOf(1, {})).toBe(5);
    // And the categories below the one that is filtered by.
    expect(await costOf(1, { categoryId })).toBe(6);
    for (let i = 0; i < 9; i += 1) await addAndIndex();
    expect(await costOf(10, { categoryId })).toBe(6);
  } finally {
    await db.$disconnect();
    await database.close();
    await quiet.close();
  }
});
