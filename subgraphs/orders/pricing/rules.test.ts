import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ownDiscounts } from '../promotion/port.js';
import type { Promotion } from '../promotion/rules.js';
import type { ShippingMethod } from '../shipping-method/rules.js';
import { rateFor, taxCategories, type TaxRate, type TaxTerms } from '../tax/rules.js';
import {
  discounted,
  priced as withTaxes,
  promotionQuestion,
  shippingOptions,
  taxableLines,
  type Basket,
  type Good,
  type Price,
  type PriceBook,
} from './rules.js';

const now = new Date('2026-11-21T12:00:00Z');
const rates: TaxRate[] = [
  { id: '1', country: 'DE', region: '', taxCategory: 'STANDARD', ratePpm: 190_000, name: '19 %' },
  { id: '2', country: 'DE', region: '', taxCategory: 'REDUCED', ratePpm: 70_000, name: '7 %' },
  { id: '3', country: 'DE', region: '', taxCategory: 'ZERO', ratePpm: 0, name: '0 %' },
];
const method: ShippingMethod = {
  ...{ id: 'm', code: 'standard', name: 'Standard', carrier: 'DHL', service: 'Paket', countries: ['DE'] },
  ...{ currencyCode: 'EUR', freeAbove: 10_000n, estimatedDaysMin: 1, estimatedDaysMax: 3, active: true },
  cutoffHour: null,
  tiers: [
    { zoneId: null, maxWeightGrams: 1000, maxValue: null, price: 490n, freeAbove: null },
    { zoneId: null, maxWeightGrams: 20_000, maxValue: 50_000n, price: 990n, freeAbove: null },
  ],
  taxCategory: 'STANDARD',
};
const promotion = (more: Partial<Promotion>): PriceBook['promotions'][number] => ({
  ...{
    id: more.code ?? 'p',
    code: 'P',
    name: 'P',
    kind: 'PERCENT',
    currencyCode: 'EUR',
    percentBasisPoints: null,
  },
  ...{
    amount: null,
    buyQuantity: null,
    getQuantity: null,
    minimumValue: null,
    ...{ automatic: false, active: true, priority: 0, stacking: 'COMBINABLE' },
    ...{ variantIds: [], categoryIds: [] },
    startsAt: new Date(0),
  },
  ...{ endsAt: null, limitTotal: null, limitPerCustomer: null, redeemedCount: 0, usedByCustomer: 0 },
  ...more,
});
const good = (unitAmount: bigint, quantity: number, more: Partial<Good> = {}): Good => ({
  ...{ variantId: `v${unitAmount}`, quantity, unitAmount, taxCategory: 'STANDARD', weightGrams: 100 },
  categoryIds: [],
  ...more,
});
const basket = (goods: Good[], ...promotionCodes: string[]): Basket => ({
  ...{ currencyCode: 'EUR', goods, promotionCodes, shippingMethodId: 'm' },
  destination: { country: 'DE', region: null, postalCode: '23552', city: 'Lübeck' },
});
const book = (...promotions: PriceBook['promotions']): PriceBook => ({
  ...{ taxes: { rates, byRegion: false }, shippingMethods: [method], zones: [], promotions },
});

const terms: TaxTerms = { taxIncluded: true, rounding: 'HALF_UP' };
/** Priced with the shop's own rates. */
function price(of: Basket, by: PriceBook, at: Date, how = terms): Price {
  const { destination } = of;
  const question = promotionQuestion(of, by, at);
  const parts = discounted(of, by, question, ownDiscounts(question));
  const taxes = destination
    ? taxableLines(parts).map((line) => rateFor(by.taxes, destination, line.taxCategory) ?? null)
    : [];
  return withTaxes(parts, taxes, how);
}

test('prices include tax, by the rate of each line', () => {
  const priced = price(basket([good(1190n, 1), good(1070n, 2, { taxCategory: 'REDUCED' })]), book(), now);
  expect(priced).toMatchObject({
    subtotal: 3330n,
    discount: 0n,
    gross: 3820n,
    tax: 190n + 140n + 78n,
    taxed: true,
  });
});

test('without an address there is no tax and no shipping, and the price is not final', () => {
  const priced = price({ ...basket([good(1190n, 1)]), destination: null }, book(), now);
  expect(priced).toMatchObject({ gross: 1190n, tax: 0n, shipping: null, taxed: false });
});

test('half a cent of tax goes away from zero', () => {
  // 0.50 at 7 % is 0.0327 of tax; 1.07 is 0.07 exactly; 19 % of 0.03 is 0.0048
  const taxes = [50n, 107n, 3n].map(
    (amount) => price(basket([good(amount, 1, { taxCategory: 'REDUCED' })]), book(), now).lines[0]?.tax,
  );
  expect(taxes).toEqual([3n, 7n, 0n]);
});

test('a discount is spread over the lines it counts for, to the cent', () => {
  const goods = [good(333n, 1), good(334n, 1), good(1000n, 1)];
  const off = promotion({ code: 'FIVE', kind: 'FIXED', amount: 500n, variantIds: ['v333', 'v334'] });
  const priced = price(basket(goods, 'FIVE'), book(off), now);
  expect(priced.lines.map((line) => line.discount)).toEqual([250n, 250n, 0n]);
});

test('shipping costs by weight and value, and nothing from a value on, which discounts lower', () => {
  const cost = (goods: Good[], ...codes: string[]): bigint | undefined =>
    price(basket(goods, ...codes), book(promotion({ code: 'ONE', kind: 'FIXED', amount: 1n })), now).shipping
      ?.gross;
  expect(cost([good(100n, 10)])).toBe(490n);
  expect(cost([good(100n, 11)])).toBe(990n);
  expect(cost([good(10_000n, 1)])).toBe(0n);
  expect(cost([good(10_000n, 1)], 'ONE')).toBe(490n);
  expect(cost([good(1n, 1, { weightGrams: 20_001 })])).toBeUndefined();
});

test('only what takes the parcel is offered', () => {
  const other = { ...method, id: 'x', countries: ['AT'] };
  const methods = { ...book(), shippingMethods: [method, other, { ...method, id: 'y', active: false }] };
  const offered = shippingOptions(basket([good(100n, 1)]), methods, 100n);
  expect(offered.map((one) => [one.shippingMethod.id, one.price])).toEqual([['m', 490n]]);
});

test.each([
  ['not begun', { startsAt: new Date('2027-01-01') }],
  ['over', { endsAt: now }],
  ['used up', { limitTotal: 3, redeemedCount: 3 }],
  ['used by the customer', { limitPerCustomer: 1, usedByCustomer: 1 }],
  ['for a higher value', { minimumValue: 1001n }],
  ['in another currency', { minimumValue: 1n, currencyCode: 'USD' }],
  ['for other articles', { variantIds: ['other'] }],
])('a promotion that is %s takes nothing off, and says so', (_why, more) => {
  const off = promotion({ code: 'TEN', percentBasisPoints: 1000, ...more });
  const priced = price(basket([good(1000n, 1)], 'TEN'), book(off), now);
  expect(priced).toMatchObject({ discount: 0n, ineffective: [{ code: 'TEN' }] });
});

const goods = fc.array(
  fc.record({
    variantId: fc.constantFrom('a', 'b', 'c', 'd'),
    quantity: fc.integer({ min: 1, max: 50 }),
    unitAmount: fc.bigInt({ min: 0n, max: 1_000_000n }),
    taxCategory: fc.constantFrom(...taxCategories),
    weightGrams: fc.integer({ min: 0, max: 300 }),
    categoryIds: fc.subarray(['lamps', 'tea']),
  }),
  { minLength: 1, maxLength: 8 },
);
const promotions = fc.tuple(
  fc.bigInt({ min: 1n, max: 100_000n }),
  fc.integer({ min: 1, max: 10_000 }),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  fc.subarray(['FIXED', 'PERCENT', 'FREE', 'FEW']),
);

test('whatever is in the basket, the sums add up and nothing is negative', () => {
  fc.assert(
    fc.property(
      goods,
      promotions,
      (list, [amount, percentBasisPoints, [buyQuantity, getQuantity], codes]) => {
        const all = book(
          promotion({ code: 'FIXED', kind: 'FIXED', amount }),
          promotion({ code: 'PERCENT', percentBasisPoints, variantIds: ['a', 'b'] }),
          promotion({ code: 'FREE', kind: 'FREE_SHIPPING' }),
          promotion({ code: 'FEW', kind: 'BUY_X_GET_Y', buyQuantity, getQuantity }),
        );
        const priced = price(basket(list, ...codes), all, now);
        const parts = [...priced.lines, ...(priced.shipping ? [priced.shipping] : [])];
        const sum = (of: 'net' | 'tax' | 'gross' | 'discount'): bigint =>
          parts.reduce((total, part) => total + part[of], 0n);
        expect([priced.net, priced.tax, priced.gross, priced.discount]).toEqual([
          sum('net'),
          sum('tax'),
          sum('gross'),
          sum('discount'),
        ]);
        expect(priced.gross).toBe(priced.subtotal + (priced.shipping?.listAmount ?? 0n) - priced.discount);
        expect(priced.discounts.reduce((total, one) => total + one.amount, 0n)).toBe(priced.discount);
        for (const part of parts) {
          expect(part.net + part.tax).toBe(part.gross);
          expect([part.net, part.tax, part.gross, part.discount].every((one) => one >= 0n)).toBe(true);
        }
      },
    ),
  );
});
