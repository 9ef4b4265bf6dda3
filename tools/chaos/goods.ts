/** What a run sells: a small shop, made by staff through the public API. */
import { randomUUID } from 'node:crypto';
import type { Client } from './client.js';
import type { Random } from './random.js';

export interface Article {
  variantId: string;
  /** Minor units. */
  price: number;
  /** Pieces per warehouse at the opening. */
  stock: number[];
  /** Fewer than will be asked for. */
  scarce: boolean;
  /** May be ordered before it is there. */
  toCome: boolean;
}

export interface Coupon {
  code: string;
  limitTotal: number;
}

export interface Goods {
  articles: Article[];
  warehouseIds: string[];
  coupons: Coupon[];
}

export interface GoodsPlan {
  articles: Omit<Article, 'variantId'>[];
  warehouses: number;
  coupons: Coupon[];
}

/** So many articles that some of them sell out when so many customers come. */
export function planGoods(random: Random, checkouts: number): GoodsPlan {
  const warehouses = 3;
  const plenty = checkouts * 4;
  const share = (pieces: number): number[] => {
    const first = random.whole(0, pieces);
    const second = random.whole(0, pieces - first);
    return [first, second, pieces - first - second];
  };
  const articles = Array.from({ length: 10 }, (_, i) => {
    const scarce = i < 4;
    const pieces = scarce ? Math.max(3, Math.round(checkouts * (0.03 + i * 0.03))) : plenty;
    return { price: random.whole(5, 60) * 100, stock: share(pieces), scarce, toCome: false };
  });
  articles.push({ price: 2_500, stock: [1, 0, 0], scarce: false, toCome: true });
  const coupons = [3, Math.max(5, Math.round(checkouts / 20))].map((limitTotal, i) => ({
    code: `CHAOS${i + 1}`,
    limitTotal,
  }));
  return { articles, warehouses, coupons };
}

/** Pieces of the article to come that may wait at once: not all who want it get it. */
const mostWaiting = 12;

const decimal = (minor: number): string => (minor / 100).toFixed(2);

async function createTerms(staff: Client): Promise<void> {
  await staff.sure(
    'setTaxRate',
    { country: 'DE', taxCategory: 'STANDARD', rateBasisPoints: 1900, name: 'MwSt.' },
    '',
  );
  const method = {
    ...{ code: 'parcel', name: 'Parcel', carrier: 'Hanse Post', service: 'Standard', countries: ['DE'] },
    ...{ currencyCode: 'EUR', tiers: [{ price: '4.90' }], estimatedDaysMin: 1, estimatedDaysMax: 3 },
  };
  await staff.sure('createShippingMethod', { idempotencyKey: randomUUID(), ...method }, '');
}

async function createWarehouses(staff: Client, count: number): Promise<string[]> {
  const address = { line1: 'Kai 1', city: 'Lübeck', postalCode: '23552', country: 'DE' };
  const ids: string[] = [];
  for (let i = 1; i <= count; i += 1) {
    const input = { idempotencyKey: randomUUID(), code: `W${i}`, name: `Warehouse ${i}`, address };
    const { warehouse } = await staff.sure<{ warehouse: { id: string } }>(
      'createWarehouse',
      input,
      'warehouse { id }',
    );
    ids.push(warehouse.id);
  }
  return ids;
}

export async function createGoods(staff: Client, plan: GoodsPlan): Promise<Goods> {
  await createTerms(staff);
  const warehouseIds = await createWarehouses(staff, plan.warehouses);
  const named = { idempotencyKey: randomUUID(), name: 'Chaos' };
  const { brand } = await staff.sure<{ brand: { id: string } }>('createBrand', named, 'brand { id }');
  const { product } = await staff.sure<{ product: { variants: { id: string }[] } }>(
    'createProduct',
    {
      ...{ idempotencyKey: randomUUID(), name: 'Lamp', status: 'ACTIVE', brandId: brand.id },
      taxCategory: 'STANDARD',
      variants: plan.articles.map(({ price }, i) => ({
        selectedOptions: [{ name: 'Size', value: `Size ${i + 1}` }],
        weightGrams: 500,
        prices: [{ currencyCode: 'EUR', regular: decimal(price) }],
      })),
    },
    'product { variants { id } }',
  );
  const articles = plan.articles.map((article, i) => ({
    ...article,
    variantId: product.variants[i]?.id ?? '',
  }));
  const quantities = articles.flatMap(({ variantId, stock }) =>
    warehouseIds.map((warehouseId, i) => ({ variantId, warehouseId, quantity: stock[i] ?? 0 })),
  );
  const count = { idempotencyKey: randomUUID(), reason: 'Opening stock', quantities };
  await staff.sure('setInventoryQuantities', count, '');
  const policies = articles
    .filter(({ toCome }) => toCome)
    .map(({ variantId }) => ({ variantId, policy: 'BACKORDER', maxWaiting: mostWaiting }));
  await staff.sure('setBackorderPolicies', { policies }, '');
  for (const { code, limitTotal } of plan.coupons) {
    const input = {
      idempotencyKey: randomUUID(),
      code,
      name: code,
      kind: 'FIXED',
      amount: '1.00',
      limitTotal,
    };
    await staff.sure('createPromotion', input, '');
  }
  return { articles, warehouseIds, coupons: plan.coupons };
}
