import { expect, test } from '@jest/globals';
import { someOrder } from '../tests/some-order.js';
import { minimumAgeOf } from './buyer.js';

test('the age is the greatest of what is still to come', () => {
  const order = someOrder();
  expect(minimumAgeOf(order)).toBeNull();
  const [first, second] = order.items;
  if (!first || !second) throw new Error('someOrder has two items');
  const of16 = { ...first, minimumAge: 16 };
  const of18 = { ...second, minimumAge: 18 };
  expect(minimumAgeOf({ items: [of16, of18] })).toBe(18);
  expect(minimumAgeOf({ items: [of16, { ...of18, cancelledQuantity: of18.quantity }] })).toBe(16);
});
