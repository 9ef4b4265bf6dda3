/** A change whose answer was lost is asked for again: it is answered as the first time, and made once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDatabase, type Database } from '../../shared/db.js';
import { addProduct, createTestCatalog, staff, type Answer, type TestCatalog } from './catalog.js';

let catalog: TestCatalog;
let database: Database;
beforeAll(async () => {
  catalog = await createTestCatalog();
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

interface Kind {
  field: 'updateProduct' | 'updateVariant';
  selection: string;
  /** Everything that can be changed, as a client writes it. */
  input: object;
}

const attributes = [{ value: '32.5', type: 'NUMBER', name: 'Height' }];
const kinds: Kind[] = [
  {
    field: 'updateProduct',
    selection: 'product { name description status version images { url alt } attributes { name value } }',
    input: {
      name: ' Lantern ',
      description: 'Bright',
      status: 'DISCONTINUED',
      taxCategory: 'REDUCED',
      brandId: null,
      images: [{ alt: 'Front', url: 'https://example.com/1.jpg' }],
      attributes,
    },
  },
  {
    field: 'updateVariant',
    selection: 'variant { sku weightGrams active version attributes { name value } }',
    input: { weightGrams: 70, active: false, imageUrl: 'https://example.com', attributes },
  },
];

test.each(kinds)(
  '$field: a repeat is answered as the first, without another version or event',
  async (kind) => {
    const { field, selection } = kind;
    const { product } = await addProduct(catalog);
    const productId = product?.['id'] as unknown as string;
    const id = field === 'updateProduct' ? productId : product?.['variants']?.[0]?.['id'];
    const type = field === 'updateProduct' ? 'UpdateProductInput' : 'UpdateVariantInput';
    const write = async (expectedVersion: number, changes: object): Promise<Answer> => {
      const answer = await catalog.data(
        `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} userErrors { code } } }`,
        { input: { id, expectedVersion, ...changes } },
        staff(),
      );
      return answer[field] as unknown as Answer;
    };
    const events = async (): Promise<number> =>
      (await database.pool.query('SELECT 1 FROM outbox WHERE aggregate_id = $1', [productId])).rows.length;
    const before = await events();
    const first = await write(1, kind.input);
    expect(first).toMatchObject({ [field === 'updateProduct' ? 'product' : 'variant']: { version: 2 } });
    expect(await events()).toBe(before + 1);
    expect(await write(1, kind.input)).toEqual(first);
    expect(await Promise.all([1, 2, 3].map(() => write(1, kind.input)))).toEqual([first, first, first]);
    expect(await events()).toBe(before + 1);

    const conflict = { userErrors: [{ code: 'VERSION_CONFLICT' }] };
    const other = field === 'updateProduct' ? { description: 'Dark' } : { weightGrams: 80 };
    expect(await write(1, { ...kind.input, ...other })).toMatchObject(conflict);
    // A change of nothing is a change, when it is asked for in time.
    expect((await write(2, kind.input))['userErrors']).toEqual([]);
    expect(await write(1, kind.input)).toMatchObject(conflict);
    expect(await events()).toBe(before + 2);
  },
);
