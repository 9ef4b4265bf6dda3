import { expect, test } from '@jest/globals';
import { someOrder, uuid } from '../tests/some-order.js';
import { withStock } from './rules.js';

const at = new Date('2026-11-30T12:00:00Z');

test('the same news of stock count once, and never more than waits', () => {
  const [item] = someOrder().items;
  if (!item) throw new Error('The order has an item.');
  const order = someOrder({ items: [{ ...item, backorderedQuantity: 2, expectedAt: at }] });
  const lines = [{ variantId: item.variantId, quantity: 5 }];
  const after = withStock(order, lines, { id: uuid(60), at });
  expect(after?.items).toMatchObject([{ backorderedQuantity: 0, expectedAt: null }]);
  expect(after && withStock(after, lines, { id: uuid(60), at })).toBeNull();
});
