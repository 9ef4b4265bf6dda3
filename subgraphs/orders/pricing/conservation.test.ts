/** P18: whatever is in a cart and whatever staff have set, the sums of its price conserve every unit. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { roundings } from '../../shared/money.js';
import { ownDiscounts } from '../promotion/port.js';
import { promotionKinds, stackings, type Promotion } from '../promotion/rules.js';
import { taxCategories } from '../tax/rules.js';
import { discounted, priced, promotionQuestion, taxableLines, type Basket, type PriceBook } from './rules.js';

const now = new Date('2026-11-21T12:00:00Z');
const destination = { country: 'DE', region: null, postalCode: '23552', city: 'Lübeck' };
const carts = 10_000;

const amount = (max: bigint) => fc.bigInt({ min: 0n, max });
const goods = fc.array(
  fc.record({
    variantId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    quantity: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1000 })),
    unitAmount: fc.oneof(amount(20n), amount(100_000n), amount(10n ** 12n)),
    taxCategory: fc.constantFrom(...taxCategories),
    weightGrams: fc.integer({ min: 0, max: 300 }),
    categoryIds: fc.subarray(['lamps', 'tea']),
  }),
  { minLength: 1, maxLength: 10 },
);
const promotions = fc.array(
  fc.record({
    kind: fc.constantFrom(...promotionKinds),
    stacking: fc.constantFrom(...stackings),
    ...{ automatic: fc.boolean(), priority: fc.integer({ min: -1, max: 1 }) },
    percentBasisPoints: fc.integer({ min: 1, max: 10_000 }),
    amount: fc.bigInt({ min: 1n, max: 10n ** 9n }),
    ...{ buyQuantity: fc.integer({ min: 1, max: 4 }), getQuantity: fc.integer({ min: 1, max: 4 }) },
    ...{ variantIds: fc.subarray(['a', 'b']), categoryIds: fc.subarray(['lamps']) },
  }),
  { maxLength: 5 },
);
const shop = fc.record({
  goods,
  promotions,
  ppm: fc.integer({ min: 0, max: 1_000_000 }),
  price: amount(10_000n),
  freeAbove: fc.option(amount(10n ** 6n)),
  rounding: fc.constantFrom(...roundings),
  taxIncluded: fc.boolean(),
});

test(`in ${carts} carts every sum is the sum of its lines, and nothing is lost, made or negative`, () => {
  let reduced = 0;
  fc.assert(
    fc.property(shop, (the) => {
      const all = the.promotions.map((one, i): Promotion & { usedByCustomer: number } => ({
        ...{ id: `${i}`, code: `P${i}`, name: 'P', currencyCode: 'EUR', active: true, minimumValue: null },
        ...{ startsAt: new Date(0), endsAt: null, limitTotal: null, limitPerCustomer: null },
        ...{ redeemedCount: 0, usedByCustomer: 0 },
        ...one,
      }));
      const method = {
        ...{
          id: 'm',
          code: 'm',
          name: 'M',
          carrier: 'C',
          service: 'S',
          countries: ['DE'],
          currencyCode: 'EUR',
        },
        tiers: [{ zoneId: null, maxWeightGrams: null, maxValue: null, price: the.price, freeAbove: null }],
        ...{ freeAbove: the.freeAbove, estimatedDaysMin: 0, estimatedDaysMax: 1, cutoffHour: null },
        ...{ taxCategory: 'STANDARD' as const, active: true },
      };
      const book: PriceBook = {
        ...{ taxes: { rates: [], byRegion: false }, shippingMethods: [method], zones: [], promotions: all },
      };
      const basket: Basket = {
        ...{ currencyCode: 'EUR', goods: the.goods, destination, shippingMethodId: 'm' },
        promotionCodes: all.map(({ code }) => code),
      };
      const question = promotionQuestion(basket, book, now);
      const parts = discounted(basket, book, question, ownDiscounts(question));
      const taxes = taxableLines(parts).map(() => ({ ratePpm: the.ppm, name: 'T' }));
      const price = priced(parts, taxes, the);

      // Collected, and looked at once per cart: ten thousand carts have a million of these.
      const wrong: string[] = [];
      const holds = (what: string, isSo: boolean): void => void (isSo || wrong.push(what));
      const every = [...price.lines, ...(price.shipping ? [price.shipping] : [])];
      const kinds = ['net', 'tax', 'gross', 'discount'] as const;
      for (const kind of kinds) {
        holds(`${kind} is its lines'`, price[kind] === every.reduce((total, one) => total + one[kind], 0n));
        holds(
          `${kind} is not negative`,
          every.every((one) => typeof one[kind] === 'bigint' && one[kind] >= 0n),
        );
      }
      holds('net and tax are gross', price.net + price.tax === price.gross);
      const list = the.goods.map(({ unitAmount, quantity }) => unitAmount * BigInt(quantity));
      holds('the subtotal is that of the goods', price.subtotal === list.reduce((a, b) => a + b, 0n));
      // What is not taken off is what there is to pay: with tax in it, or with tax to come.
      const left = price.subtotal + (price.shipping?.listAmount ?? 0n) - price.discount;
      holds('what is left is to be paid', (the.taxIncluded ? price.gross : price.net) === left);
      const named = price.discounts.reduce((total, one) => total + one.amount, 0n);
      holds('promotions together are the discount', named === price.discount);
      parts.lines.forEach((line, i) => {
        const [taxed, was] = [price.lines[i], list[i] ?? 0n];
        holds('a line is net and tax', taxed !== undefined && taxed.net + taxed.tax === taxed.gross);
        holds('a line is what is left of it', (the.taxIncluded ? taxed?.gross : taxed?.net) === line.left);
        holds('a discount is never above the value', line.left >= 0n && line.left <= was);
      });
      const answer = ownDiscounts(question);
      for (const { code, lines } of answer.reductions) {
        const amount = price.discounts.find((one) => one.code === code)?.amount;
        holds('the shares of a discount are the discount', lines.reduce((a, b) => a + b, 0n) === amount);
      }
      expect(wrong).toEqual([]);
      if (price.discount > 0n) reduced += 1;
    }),
    { numRuns: carts },
  );
  // The carts are such that the rules have something to do.
  expect(reduced).toBeGreaterThan(carts / 2);
});
