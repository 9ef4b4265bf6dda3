/** A shop in which three customers have everything that a customer can have, each with words found nowhere else. */
import { randomUUID } from 'node:crypto';
import type { Client } from '../testkit/client.js';
import { createGoods, createTerms, mutate, signInStaff } from '../testkit/goods.js';
import { startTestShop, type TestShop } from '../testkit/shop.js';
import type { Values } from './documents.js';
import { createBreak } from './world/break.js';
import { createDispute } from './world/dispute.js';
import { createListed } from './world/listed.js';
import { createCustomer, type Customer } from './world/customer.js';
import { createWholeGoods } from './world/goods.js';
import { createStockMoves } from './world/stock.js';

export interface World {
  shop: TestShop;
  staff: Client;
  /** A registered customer, whom the others try to reach. */
  victim: Customer;
  other: Customer;
  guest: Customer;
  /** What belongs to nobody: goods and where they are. */
  shared: Values;
  /** Ids of the victim's things and of the shop's, by the name of their type. */
  entities: Readonly<Record<string, string>>;
}

/** Starts a shop and fills it; close its `shop` in the end. */
export async function createWorld(): Promise<World> {
  const shop = await startTestShop();
  const staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  await mutate(
    staff,
    'createPromotion',
    {
      idempotencyKey: randomUUID(),
      code: 'CANARY',
      name: '10 % off',
      kind: 'PERCENT',
      percentBasisPoints: 1_000,
    },
    '',
  );
  await mutate(
    staff,
    'createExperiment',
    {
      idempotencyKey: randomUUID(),
      name: 'Is new better?',
      slot: 'RELATED',
      arms: [
        { name: 'control', strategy: 'RELATED', share: 50 },
        { name: 'newest-first', strategy: 'NEWEST', share: 50 },
      ],
    },
    '',
  );
  const { goods, ids } = await createWholeGoods(staff);
  // Something to recommend beside them.
  await createGoods(staff, { prices: ['20.00'], stock: 10 });
  const [victim, other, guest] = await Promise.all(
    (['user', 'user', 'guest'] as const).map((kind) => createCustomer(kind, { shop, staff, goods })),
  );
  if (!victim || !other || !guest) throw new Error('Three customers were to be made.');
  await createBreak(shop, staff, String(victim.values['orderId']));
  await createDispute(shop, String(victim.values['paymentId']));
  await createListed(shop, staff, String(victim.values['paymentId']));
  const waitedFor = await createStockMoves(shop, staff, goods);
  const variantId = goods.variantIds[0] ?? '';
  const { productId, warehouseId } = goods;
  return {
    shop,
    staff,
    victim,
    other,
    guest,
    shared: {
      variantId,
      productId,
      warehouseId,
      variantIds: [variantId],
      code: 'CANARY',
      'Query.variantsForSale.ids': goods.variantIds,
      'Query.product.id': productId,
      'Query.productVariant.id': variantId,
      'Query.category.id': ids['Category'],
      'Query.warehouse.id': warehouseId,
      'Query.backorders.variantId': waitedFor,
      'Query.searchProducts.query': 'lamp',
      'Query.searchSuggestions.prefix': 'lam',
    },
    entities: {
      ...ids,
      User: victim.id,
      Order: String(victim.values['orderId']),
      Payment: String(victim.values['paymentId']),
      Product: productId,
      ProductVariant: variantId,
      Warehouse: warehouseId,
      Review: String(victim.values['reviewId']),
    },
  };
}
