import { LRUCache } from 'lru-cache';
import { isTransaction } from '../../shared/transaction.js';
import type { Db } from '../context.js';
import { parseRecord } from '../order/json.js';
import type { Promotion } from '../promotion/rules.js';
import type { ShippingMethod } from '../shipping-method/rules.js';
import { tiersOf } from '../shipping-method/tiers.js';
import type { TaxRate } from '../tax/rules.js';
import type { PriceBook } from './rules.js';

const promotionShape = { amounts: ['amount', 'minimumValue'], times: ['startsAt', 'endsAt'], bytes: [] };
const methodShape = { amounts: ['freeAbove'], times: [], bytes: [] };

export interface PriceBookKey {
  /** Two letters, or null: no rates and methods then. */
  country: string | null;
  region: string | null;
  promotionCodes: readonly string[];
  customerId: string;
}

/** What a cart's price depends on beside its goods, its promotions and its customer: the same for all of a region. */
type Terms = Pick<PriceBook, 'taxes' | 'shippingMethods' | 'zones'>;

/** Terms that were read, by their revision and where they hold: staff change them seldom, and every cart needs them. */
export type KeptTerms = LRUCache<string, Terms>;
export const keptTerms = (): KeptTerms => new LRUCache({ max: 500 });

type Place = Pick<PriceBookKey, 'country' | 'region'>;
const nameOf = (revision: bigint, { country, region }: Place): string =>
  `${revision} ${country ?? ''} ${region ?? ''}`;

async function readTerms(db: Db, places: readonly Place[]): Promise<Terms[]> {
  const rows = await db.$queryRaw<
    { rates: TaxRate[]; by_region: boolean; zones: Terms['zones']; methods: Record<string, unknown>[] }[]
  >`
    SELECT
      coalesce((SELECT json_agg(json_build_object('id', t.id, 'country', t.country, 'region', t.region,
          'taxCategory', t.tax_category, 'ratePpm', t.rate_ppm, 'name', t.name))
        FROM tax_rate t WHERE t.country = k.country AND t.region IN ('', coalesce(k.region, ''))), '[]') AS rates,
      EXISTS (SELECT FROM tax_rate t WHERE t.country = k.country AND t.region <> '') AS by_region,
      coalesce((SELECT json_agg(json_build_object('id', m.id, 'code', m.code, 'name', m.name, 'carrier', m.carrier,
          'service', m.service, 'countries', m.countries, 'currencyCode', m.currency_code, 'tiers', m.tiers,
          'freeAbove', m.free_above::text, 'estimatedDaysMin', m.estimated_days_min,
          'estimatedDaysMax', m.estimated_days_max, 'cutoffHour', m.cutoff_hour, 'taxCategory', m.tax_category,
          'active', m.active) ORDER BY m.id)
        FROM shipping_method m WHERE m.active AND (k.country = ANY(m.countries) OR m.zone_ids && ARRAY(
          SELECT z.id FROM shipping_zone z WHERE k.country = ANY(z.countries)))), '[]') AS methods,
      coalesce((SELECT json_agg(json_build_object('id', z.id, 'areas', z.areas))
        FROM shipping_zone z WHERE k.country = ANY(z.countries)), '[]') AS zones
    FROM jsonb_to_recordset(${JSON.stringify(places.map((place, position) => ({ ...place, position })))}::jsonb)
      AS k(position int, country text, region text)
    ORDER BY k.position`;
  return rows.map((row) => ({
    taxes: { rates: row.rates, byRegion: row.by_region },
    shippingMethods: row.methods.map(shippingMethodOf),
    zones: row.zones,
  }));
}

/** The terms of each place, at least as new as the revision: what is not kept is read, in one statement. */
async function termsOf(
  db: Db,
  kept: KeptTerms,
  asked: readonly { place: Place; revision: bigint }[],
): Promise<Map<string, Terms>> {
  const found = new Map<string, Terms>();
  const missing = new Map<string, Place>();
  for (const { place, revision } of asked) {
    const name = nameOf(revision, place);
    const terms = kept.get(name);
    if (terms) found.set(name, terms);
    else missing.set(name, place);
  }
  if (missing.size === 0) return found;
  const read = await readTerms(db, [...missing.values()]);
  for (const [i, name] of [...missing.keys()].entries()) {
    const terms = read[i];
    if (!terms) throw new Error('Each place has its terms.');
    found.set(name, terms);
    // What a transaction reads may be its own, and be rolled back.
    if (!isTransaction(db)) kept.set(name, terms);
  }
  return found;
}

/**
 * All that each cart's price depends on, beside its goods, and how many unpaid orders its customer has: one statement, and
 * another one for terms that this process has not read since they were changed.
 */
export async function readPriceBooks(
  db: Db,
  kept: KeptTerms,
  keys: readonly PriceBookKey[],
  now: Date,
): Promise<(PriceBook & { openOrders: number })[]> {
  const asked = JSON.stringify(
    keys.map(({ promotionCodes, customerId }, position) => ({ promotionCodes, customerId, position })),
  );
  const rows = await db.$queryRaw<{ revision: bigint; promotions: unknown[]; open_orders: number }[]>`
    SELECT
      (SELECT revision FROM terms) AS revision,
      coalesce((SELECT json_agg(json_build_object('id', p.id, 'code', p.code, 'name', p.name, 'kind', p.kind,
          'currencyCode', p.currency_code, 'percentBasisPoints', p.percent_basis_points, 'amount', p.amount::text,
          'automatic', p.automatic, 'active', p.active,
          'priority', p.priority, 'stacking', p.stacking, 'buyQuantity', p.buy_quantity, 'getQuantity', p.get_quantity, 'minimumValue', p.minimum_value::text,
          'variantIds', p.variant_ids, 'categoryIds', p.category_ids, 'startsAt', p.starts_at, 'endsAt', p.ends_at, 'limitTotal', p.limit_total,
          'limitPerCustomer', p.limit_per_customer, 'redeemedCount', p.redeemed_count,
          'usedByCustomer', (SELECT count(*) FROM promotion_redemption r
                             WHERE r.promotion_id = p.id AND r.customer_id = k."customerId")))
        FROM promotion p WHERE p.code = ANY(k."promotionCodes")
          OR p.automatic AND p.active AND p.starts_at <= ${now}::timestamptz
            AND (p.ends_at IS NULL OR p.ends_at > ${now}::timestamptz)), '[]') AS promotions,
      (SELECT count(*)::int FROM orders o
       WHERE o.customer_id = k."customerId" AND o.order_state = 'PENDING') AS open_orders
    FROM jsonb_to_recordset(${asked}::jsonb) AS k(position int, "promotionCodes" text[], "customerId" uuid)
    ORDER BY k.position`;
  const books = rows.map((row, i) => ({ ...row, place: keys[i] as Place }));
  const terms = await termsOf(db, kept, books);
  return books.map(({ place, revision, promotions, open_orders: openOrders }) => ({
    ...(terms.get(nameOf(revision, place)) as Terms),
    promotions: promotions.map((one) =>
      parseRecord<Promotion & { usedByCustomer: number }>(one, promotionShape),
    ),
    openOrders,
  }));
}

function shippingMethodOf(record: Record<string, unknown>): ShippingMethod {
  return { ...parseRecord<ShippingMethod>(record, methodShape), tiers: tiersOf(record['tiers']) };
}
