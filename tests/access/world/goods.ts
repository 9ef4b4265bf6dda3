/** Goods with everything that a product can have. */
import { randomUUID } from 'node:crypto';
import type { Client } from '../../testkit/client.js';
import { createGoods, mutate, type Goods } from '../../testkit/goods.js';
import { letters } from './canaries.js';

/** A product with category, brand, image and attribute, in a warehouse with contact and hours; ids by their type's name. */
export async function createWholeGoods(
  staff: Client,
): Promise<{ goods: Goods; ids: Record<string, string> }> {
  const goods = await createGoods(staff, { prices: ['700.00', '50.00'], stock: 1_000 });
  interface Made {
    category: { id: string };
  }
  const parent = await mutate<Made>(
    staff,
    'createCategory',
    { idempotencyKey: randomUUID(), name: `Light ${letters()}` },
    'category { id }',
  );
  const { category } = await mutate<Made>(
    staff,
    'createCategory',
    { idempotencyKey: randomUUID(), name: `Lamps ${letters()}`, parentId: parent.category.id },
    'category { id }',
  );
  const { product } = await staff.data<{ product: { version: number; brand: { id: string } } }>(
    'query ($id: ID!) { product(id: $id) { version brand { id } } }',
    { id: goods.productId },
  );
  await mutate(
    staff,
    'updateProduct',
    {
      id: goods.productId,
      expectedVersion: product.version,
      categoryId: category.id,
      images: [{ url: 'https://example.com/lamp.png', alt: 'A lamp' }],
      attributes: [{ name: 'Material', value: 'Brass' }],
    },
    '',
  );
  const { warehouse } = await staff.data<{ warehouse: { version: number } }>(
    'query ($id: ID!) { warehouse(id: $id) { version } }',
    { id: goods.warehouseId },
  );
  await mutate(
    staff,
    'updateWarehouse',
    {
      id: goods.warehouseId,
      expectedVersion: warehouse.version,
      contact: { email: 'kai@example.com', phone: '+494511234567' },
      hours: [{ day: 'MONDAY', opens: '08:00', closes: '17:00' }],
      capacity: { total: 5_000, unit: 'PIECES' },
    },
    '',
  );
  return { goods, ids: { Category: category.id, Brand: product.brand.id } };
}
