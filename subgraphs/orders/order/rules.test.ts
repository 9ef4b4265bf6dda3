import { expect, test } from '@jest/globals';
import { isOrderNumber, orderNumber } from './number.js';
import { assertTransition, statusOf, type Axes } from './states.js';

test.each<[string, Axes['orderState'], Axes['paymentState'], Axes['fulfilmentState']]>([
  ['PENDING', 'PENDING', 'NONE', 'NONE'],
  ['PAYMENT_FAILED', 'PENDING', 'FAILED', 'NONE'],
  ['CONFIRMED', 'CONFIRMED', 'AUTHORIZED', 'NONE'],
  ['PAID', 'CONFIRMED', 'PAID', 'NONE'],
  ['PAID', 'CONFIRMED', 'PARTIALLY_REFUNDED', 'NONE'],
  ['PROCESSING', 'CONFIRMED', 'PAID', 'PROCESSING'],
  ['PROCESSING', 'CONFIRMED', 'PARTIALLY_REFUNDED', 'PARTIALLY_SHIPPED'],
  ['SHIPPED', 'CONFIRMED', 'PAID', 'SHIPPED'],
  ['DELIVERED', 'COMPLETED', 'PAID', 'DELIVERED'],
  ['DELIVERED', 'COMPLETED', 'PARTIALLY_REFUNDED', 'PARTIALLY_RETURNED'],
  ['RETURNED', 'COMPLETED', 'PAID', 'RETURNED'],
  ['RETURNED', 'COMPLETED', 'REFUNDED', 'RETURNED'],
  ['CANCELLED', 'CANCELLED', 'NONE', 'NONE'],
  ['CANCELLED', 'CANCELLED', 'PAID', 'NONE'],
  ['REFUNDED', 'CANCELLED', 'REFUNDED', 'NONE'],
  ['REFUNDED', 'COMPLETED', 'REFUNDED', 'DELIVERED'],
])('%s is what shoppers call %s, %s, %s', (status, orderState, paymentState, fulfilmentState) => {
  expect(statusOf({ orderState, paymentState, fulfilmentState })).toBe(status);
});

test('an axis goes only where the table says', () => {
  const paid: Axes = { orderState: 'CONFIRMED', paymentState: 'PAID', fulfilmentState: 'NONE' };
  expect(() => assertTransition(paid, { ...paid, fulfilmentState: 'SHIPPED' })).not.toThrow();
  expect(() => assertTransition(paid, { ...paid, paymentState: 'NONE' })).toThrow(
    'cannot go from PAID to NONE',
  );
  expect(() => assertTransition({ ...paid, orderState: 'CANCELLED' }, paid)).toThrow(
    'from CANCELLED to CONFIRMED',
  );
});

test('an order number is readable, and a wrong or swapped character shows', () => {
  const number = orderNumber(new Date('2026-11-21T12:00:00Z'), new Uint8Array([1, 2, 3, 4, 5, 250]));
  expect(number).toBe('H-2EM-12345T-5');
  expect(isOrderNumber(number)).toBe(true);
  expect(isOrderNumber(number.replace('12', '21'))).toBe(false);
  expect(isOrderNumber(number.replace('5', '6'))).toBe(false);
  expect(isOrderNumber('')).toBe(false);
});
