import { expect, test } from '@jest/globals';
import {
  changesOf,
  emptyCart,
  fitted,
  maxQuantity,
  merge,
  withAdded,
  withSet,
  type Cart,
  type Offer,
} from './rules.js';

const now = new Date('2026-11-21T12:00:00Z');
const cart: Cart = {
  ...emptyCart('c', 'customer', 'EUR', now),
  lines: [line('a', 2), line('b', 1)],
};
function line(variantId: string, quantity: number, unitAmount = 100n): Cart['lines'][number] {
  return {
    id: `line ${variantId}`,
    variantId,
    productId: `product ${variantId}`,
    quantity,
    unitAmount,
    taxCategory: 'STANDARD',
    weightGrams: 1,
    categoryIds: [],
  };
}
const offer = (variantId: string, more: Partial<Offer> = {}): [string, Offer] => [
  variantId,
  {
    ...{
      variantId,
      productId: `product ${variantId}`,
      sku: 'S',
      name: 'N',
      unitAmount: 100n,
      taxCategory: 'STANDARD',
    },
    ...{ weightGrams: 1, imageUrl: null, attributes: {}, categoryIds: [], minimumAge: null, available: 10 },
    ...more,
  },
];
const quantities = (lines: readonly { variantId: string; quantity: number }[]): unknown =>
  lines.map((one) => [one.variantId, one.quantity]);

test('added pieces count to those that are there; the same article twice counts together', () => {
  const wanted = withAdded(cart, [
    { variantId: 'b', quantity: 2 },
    { variantId: 'x', quantity: 1 },
    { variantId: 'x', quantity: 1 },
  ]);
  expect(quantities(wanted)).toEqual([
    ['a', 2],
    ['b', 3],
    ['x', 2],
  ]);
});

test('set quantities replace, 0 removes, what is not named stays', () => {
  expect(
    quantities(
      withSet(cart, [
        { variantId: 'a', quantity: 0 },
        { variantId: 'x', quantity: 5 },
      ]),
    ),
  ).toEqual([
    ['b', 1],
    ['x', 5],
  ]);
});

test('the cart keeps what the offers allow and warns of the rest', () => {
  const offers = new Map([offer('a', { available: 1, unitAmount: 90n }), offer('b', { unitAmount: null })]);
  const { lines, warnings } = fitted(cart, cart.lines, offers, () => 'new');
  expect(lines).toEqual([{ ...line('a', 1, 90n) }]);
  expect(warnings).toEqual([
    { kind: 'QUANTITY_REDUCED', variantId: 'a', requested: 2, quantity: 1 },
    { kind: 'PRICE_CHANGED', variantId: 'a', previous: '100', current: '90', currencyCode: 'EUR' },
    { kind: 'VARIANT_UNAVAILABLE', variantId: 'b' },
  ]);
});

test('nothing in stock takes the line out', () => {
  const { lines, warnings } = fitted(
    cart,
    [{ variantId: 'a', quantity: 1 }],
    new Map([offer('a', { available: 0 })]),
    () => 'new',
  );
  expect([lines, warnings]).toEqual([
    [],
    [{ kind: 'QUANTITY_REDUCED', variantId: 'a', requested: 1, quantity: 0 }],
  ]);
});

test('changes are told by how many pieces came or went', () => {
  const after = { ...cart, lines: [line('a', 5), line('x', 1)] };
  expect(changesOf(cart, after)).toEqual([
    { variantId: 'a', productId: 'product a', quantity: 3 },
    { variantId: 'b', productId: 'product b', quantity: -1 },
    { variantId: 'x', productId: 'product x', quantity: 1 },
  ]);
});

test('a guest’s cart adds to the customer’s, whose own delivery and lines come first', () => {
  const email = new Uint8Array([1]);
  const guest: Cart = {
    ...emptyCart('g', 'guest', 'EUR', now),
    lines: [line('b', maxQuantity), line('x', 1)],
    promotionCodes: ['TEN'],
  };
  const sealed = { email, shippingAddress: email, billingAddress: null };
  const own = { ...cart, sealed: { ...cart.sealed, email: new Uint8Array([2]) } };
  const merged = merge(own, guest, sealed, new Map(), () => 'new');
  expect(quantities(merged.lines)).toEqual([
    ['a', 2],
    ['b', maxQuantity],
    ['x', 1],
  ]);
  expect(merged.sealed).toEqual({ email: new Uint8Array([2]), shippingAddress: email, billingAddress: null });
  expect(merged.promotionCodes).toEqual(['TEN']);
  expect(merged.notices).toEqual([
    { kind: 'QUANTITY_REDUCED', variantId: 'b', requested: maxQuantity + 1, quantity: maxQuantity },
  ]);
});
