/** Price terms are kept by a process, and the first price after a change of theirs is right all the same. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordStatements } from '../../shared/db.js';
import { newId } from '../../shared/ids.js';
import { transact } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { keptTerms, readPriceBooks } from '../pricing/store.js';
import { createWorld, setUpShop, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await setUpShop(world);
});
afterAll(() => world.close());

const inGermany = { country: 'DE', region: null, promotionCodes: [], customerId: newId() };
const standard = (book: Awaited<ReturnType<typeof readPriceBooks>>[number] | undefined): number | undefined =>
  book?.taxes.rates.find(({ taxCategory }) => taxCategory === 'STANDARD')?.ratePpm;

/** The rate that a process which keeps `kept` reckons with, and how many statements told it. */
async function rateAndStatements(ctx: Context, kept = ctx.terms): Promise<[number | undefined, number]> {
  const stop = recordStatements();
  const [book] = await readPriceBooks(ctx.db, kept, [inGermany], ctx.clock());
  return [standard(book), stop().length];
}
const setRate = (ppm: number): Promise<unknown> =>
  world.rows(
    `UPDATE tax_rate SET rate_ppm = $1 WHERE country = 'DE' AND region = '' AND tax_category = 'STANDARD'`,
    ppm,
  );

test('read once, and again after any change, whoever makes it', async () => {
  const ctx = world.context();
  const kept = keptTerms();
  expect(await rateAndStatements(ctx, kept)).toEqual([190_000, 2]);
  expect(await rateAndStatements(ctx, kept)).toEqual([190_000, 1]);
  await setRate(160_000);
  expect(await rateAndStatements(ctx, kept)).toEqual([160_000, 2]);
  await world.rows(`DELETE FROM shipping_method`);
  const [book] = await readPriceBooks(ctx.db, kept, [inGermany], ctx.clock());
  expect(book?.shippingMethods).toEqual([]);
  await setRate(190_000);
  expect(await rateAndStatements(ctx, kept)).toEqual([190_000, 2]);
});

test('what a transaction reads that is rolled back is not kept', async () => {
  const ctx = world.context();
  const kept = keptTerms();
  const rolledBack = transact(ctx, async (inner) => {
    await inner.db.$executeRaw`UPDATE tax_rate SET rate_ppm = 1 WHERE country = 'DE'`;
    const [book] = await readPriceBooks(inner.db, kept, [inGermany], inner.clock());
    expect(standard(book)).toBe(1);
    throw new Error('no');
  });
  await expect(rolledBack).rejects.toThrow('no');
  // The next change gets the revision that the one which was undone would have had.
  await setRate(170_000);
  expect(await rateAndStatements(ctx, kept)).toEqual([170_000, 2]);
});

test('carts in several countries are read together', async () => {
  const ctx = world.context();
  const kept = keptTerms();
  const keys = ['DE', 'FR', 'DE'].map((country) => ({ ...inGermany, country, customerId: newId() }));
  const stop = recordStatements();
  const books = await readPriceBooks(ctx.db, kept, keys, ctx.clock());
  expect(stop()).toHaveLength(2);
  expect(books.map(standard)).toEqual([170_000, undefined, 170_000]);
});
