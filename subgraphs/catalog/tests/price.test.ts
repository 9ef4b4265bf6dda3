import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { anonymousCaller, userCaller } from '../../../tests/testkit/parts.js';
import {
  addProduct,
  addVariantOnSale,
  createTestCatalog,
  staff,
  type Answer,
  type TestCatalog,
} from './catalog.js';
import { openDatabase, type Database } from '../../shared/db.js';
import { eventually } from '../../../tests/testkit/eventually.js';

let catalog: TestCatalog;
let database: Database;
beforeAll(async () => {
  catalog = await createTestCatalog({ events: true });
  database = openDatabase({
    url: catalog.parts.databaseUrl('catalog'),
    schema: 'catalog',
    onError: () => {},
  });
});
afterAll(async () => {
  await database.close();
  await catalog.close();
});

const setPrices = `mutation ($prices: [VariantPriceInput!]!) { setVariantPrices(input: { prices: $prices }) {
  variants { price { current { amount } regular { amount } onSale } } userErrors { code field } } }`;
const set = (...prices: object[]): Promise<Answer> => catalog.data(setPrices, { prices }, staff());

/** Payloads of the events about the variant's price, oldest first. */
async function told(variantId: string): Promise<unknown[]> {
  const { rows } = await database.pool.query<{ payload: unknown }>(
    `SELECT payload FROM outbox WHERE type = 'PriceChanged' AND aggregate_id = $1 ORDER BY aggregate_seq`,
    [variantId],
  );
  return rows.map((row) => row.payload);
}

test('a new price is told of once, in the transaction that sets it; one that is so already is not', async () => {
  const variantId = await addVariantOnSale(catalog);
  const price = { variantId, currencyCode: 'EUR', regular: '25.00', sale: '17.50' };
  const answer = await set(price);
  expect(answer).toEqual({
    setVariantPrices: {
      variants: [{ price: { current: { amount: '17.50' }, regular: { amount: '25.00' }, onSale: true } }],
      userErrors: [],
    },
  });
  await set(price);
  await Promise.all([set(price), set({ ...price, currencyCode: 'USD', sale: null })]);
  const fact = { variantId, productId: expect.any(String) };
  expect(await told(variantId)).toEqual([
    { ...fact, currencyCode: 'EUR', amount: '1999', previousAmount: null },
    { ...fact, currencyCode: 'EUR', amount: '1750', previousAmount: '1999' },
    { ...fact, currencyCode: 'USD', amount: '2500', previousAmount: null },
  ]);
  // Search takes a document of an older revision for outdated: two changes, two more.
  const { rows } = await database.pool.query(
    'SELECT p.revision FROM product p JOIN product_variant v ON v.product_id = p.id WHERE v.id = $1',
    [variantId],
  );
  expect(rows).toEqual([{ revision: 3 }]);
});

test('prices are set all or none', async () => {
  const variantId = await addVariantOnSale(catalog);
  const good = { variantId, currencyCode: 'EUR', regular: '9.00' };
  const refuse = async (...prices: object[]): Promise<unknown> => (await set(...prices))['setVariantPrices'];
  expect(await refuse(good, { ...good, variantId: catalog.parts.newId() })).toEqual({
    variants: null,
    userErrors: [{ code: 'NOT_FOUND', field: ['prices', '1', 'variantId'] }],
  });
  expect(await refuse(good, good)).toMatchObject({
    userErrors: [{ code: 'INVALID_INPUT', field: ['prices', '1'] }],
  });
  expect(await refuse({ ...good, sale: '9.00' })).toMatchObject({
    userErrors: [{ field: ['prices', '0', 'sale'] }],
  });
  expect(await refuse({ ...good, regular: '9.001' })).toMatchObject({
    userErrors: [{ field: ['prices', '0', 'regular'] }],
  });
  expect(await refuse()).toMatchObject({ userErrors: [{ field: ['prices'] }] });
  expect(await told(variantId)).toHaveLength(1);
  const { errors } = await catalog.run(setPrices, { prices: [good] }, userCaller());
  expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  const { productVariant } = await catalog.data(
    'query ($id: ID) { productVariant(id: $id) { price { current { amount } } } }',
    { id: variantId },
  );
  expect(productVariant).toEqual({ price: { current: { amount: '19.99' } } });
});

test('twenty that set prices of the same products in other orders all succeed', async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, () => addVariantOnSale(catalog)));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const order = i % 2 ? ids : [...ids].reverse();
      return set(...order.map((variantId) => ({ variantId, currencyCode: 'EUR', regular: `${i + 1}.00` })));
    }),
  );
  expect(answers.flatMap((answer) => answer['setVariantPrices']?.['userErrors'])).toEqual([]);
  for (const id of ids) {
    const payloads = (await told(id)) as { amount: string; previousAmount: string | null }[];
    expect(payloads.slice(1).map((one) => one.previousAmount)).toEqual(
      payloads.slice(0, -1).map((one) => one.amount),
    );
  }
});

test('who watches variants sees each at once, and then the one whose price has changed', async () => {
  const [first, second] = [await addVariantOnSale(catalog), await addVariantOnSale(catalog)];
  const { product: draft } = await addProduct(catalog, { status: 'DRAFT' });
  const stream = await catalog.subgraph.subscribe({
    query:
      'subscription ($ids: [ID!]!) { priceChanged(variantIds: $ids) { variant { id price { current { amount } } } } }',
    variables: { ids: [draft?.['variants']?.[0]?.['id'], 'no id', first, second] },
    caller: anonymousCaller(),
  });
  if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
  const next = async (): Promise<unknown> => {
    const { value } = (await stream.next()) as { value: { data: { priceChanged: { variant: unknown } } } };
    return JSON.parse(JSON.stringify(value.data.priceChanged.variant));
  };
  const at = (id: string, amount: string) => ({ id, price: { current: { amount } } });
  expect([await next(), await next()]).toEqual([at(first, '19.99'), at(second, '19.99')]);
  const third = eventually(next, (event) => JSON.stringify(event).includes('12.34'));
  await set({ variantId: second, currencyCode: 'EUR', regular: '12.34' });
  expect(await third).toEqual(at(second, '12.34'));
  const last = stream.next();
  await stream.return?.();
  expect(await last).toMatchObject({ done: true });
});

test('a stream of too many variants, or of none, is refused', async () => {
  for (const ids of [[], Array.from({ length: 101 }, () => catalog.parts.newId())]) {
    const answer = await catalog.subgraph.subscribe({
      query: 'subscription ($ids: [ID!]!) { priceChanged(variantIds: $ids) { variant { id } } }',
      variables: { ids },
      caller: anonymousCaller(),
    });
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  }
});
