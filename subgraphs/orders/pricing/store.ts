import type { Db } from '../context.js';
import { parseRecord } from '../order/json.js';
import type { Promotion } from '../promotion/rules.js';
import type { ShippingMethod } from '../shipping-method/rules.js';
import { tiersOf } from '../shipping-method/tiers.js';
import type { ShippingZone } from '../shipping-zone/rules.js';
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

/** All that each cart's price depends on, beside its goods, and how many unpaid orders its customer has: one statement. */
export async function readPriceBooks(
  db: Db,
  keys: readonly PriceBookKey[],
  now: Date,
): Promise<(PriceBook & { openOrders: number })[]> {
  const asked = JSON.stringify(keys.map((key, position) => ({ ...key, position })));
  const rows = await db.$queryRaw<
    {
      rates: TaxRate[];
      by_region: boolean;
      zones: Pick<ShippingZone, 'id' | 'areas'>[];
      methods: Record<string, unknown>[];
      promotions: unknown[];
      open_orders: number;
    }[]
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
        FROM shipping_zone z WHERE k.country = ANY(z.countries)), '[]') AS zones,
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
    FROM jsonb_to_recordset(${asked}::jsonb)
      AS k(position int, country text, region text, "promotionCodes" text[], "customerId" uuid)
    ORDER BY k.position`;
  return rows.map((row) => ({
    taxes: { rates: row.rates, byRegion: row.by_region },
    shippingMethods: row.methods.map(shippingMethodOf),
    zones: row.zones,
    promotions: row.promotions.map((one) =>
      parseRecord<Promotion & { usedByCustomer: number }>(one, promotionShape),
    ),
    openOrders: row.open_orders,
  }));
}

function shippingMethodOf(record: Record<string, unknown>): ShippingMethod {
  return { ...parseRecord<ShippingMethod>(record, methodShape), tiers: tiersOf(record['tiers']) };
}
