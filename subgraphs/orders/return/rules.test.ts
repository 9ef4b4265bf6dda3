import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uuid, someOrder } from '../tests/some-order.js';
import type { Order } from '../order/rules.js';
import { assertTransition, statusOf } from '../order/states.js';
import { withSettledRefund } from '../refund/rules.js';
import { withShipment, withTracking } from '../shipment/rules.js';
import {
  areReturnable,
  mayBecome,
  refundedFor,
  refundIdOf,
  returnableQuantity,
  withDecision,
  withReceipt,
  withReturn,
} from './rules.js';

const at = new Date('2026-11-22T12:00:00Z');
const step = { id: uuid(90), at };
/** Three pieces at 3.33 and one at 20.00. */
const [threes, one] = [uuid(11), uuid(12)];

const shippedOrder = (quantities: Record<string, number>, more: Partial<Order> = {}): Order => {
  const paid = someOrder({ orderState: 'CONFIRMED', paymentState: 'PAID', paidAmount: 3489n, ...more });
  const lines = Object.entries(quantities).map(([itemId, quantity]) => ({ itemId, quantity }));
  return withShipment(paid, { id: uuid(80), carrier: 'DHL', trackingNumber: null, lines }, at).order;
};
const delivered = (order: Order, shipmentId: string): Order => {
  const news = { id: 'news', status: 'DELIVERED' as const, at, place: null, message: null };
  return withTracking(order, shipmentId, [news], () => step.id)?.order ?? order;
};
const whole = (): Order => shippedOrder({ [threes]: 3, [one]: 1 });

const asked = (order: Order, id: string, lines: { itemId: string; quantity: number }[]): Order =>
  withReturn(order, { id, lines, reason: 'DEFECTIVE' }, at).order;
const returnOf = (order: Order, id: string): Order['returns'][number] => {
  const found = order.returns.find((other) => other.id === id);
  if (!found) throw new Error(`There is no return ${id}.`);
  return found;
};
const received = (
  order: Order,
  id: string,
  lines: { itemId: string; quantity: number }[],
): ReturnType<typeof withReceipt> => {
  const requested = asked(order, id, lines);
  const approved = withDecision(requested, returnOf(requested, id), 'APPROVED', step).order;
  const came = { lines: lines.map((line) => ({ ...line, restocked: true })), refundShipping: false };
  const receipt = withReceipt(approved, returnOf(approved, id), came, step);
  assertTransition(order, receipt.order);
  return receipt;
};

test('only what was shipped and is in no return that stands can come back', () => {
  const order = shippedOrder({ [threes]: 2 });
  const [first] = order.items;
  if (!first) throw new Error('The order has items.');
  expect(returnableQuantity(order, first)).toBe(2);
  expect(areReturnable(order, [{ itemId: threes, quantity: 2 }])).toBe(true);
  for (const lines of [
    [{ itemId: threes, quantity: 3 }],
    [{ itemId: threes, quantity: 0 }],
    [{ itemId: one, quantity: 1 }],
    [
      { itemId: threes, quantity: 1 },
      { itemId: threes, quantity: 1 },
    ],
    [],
  ])
    expect(areReturnable(order, lines)).toBe(false);

  const requested = asked(order, uuid(70), [{ itemId: threes, quantity: 1 }]);
  expect(returnableQuantity(requested, first)).toBe(1);
  const rejected = withDecision(requested, returnOf(requested, uuid(70)), 'REJECTED', step).order;
  expect(returnableQuantity(rejected, first)).toBe(2);
  expect(returnableQuantity(received(order, uuid(70), [{ itemId: threes, quantity: 1 }]).order, first)).toBe(
    1,
  );
});

test('a return goes the way of its table alone', () => {
  const statuses = ['REQUESTED', 'APPROVED', 'REJECTED', 'RECEIVED'] as const;
  const requested = returnOf(asked(whole(), uuid(70), [{ itemId: one, quantity: 1 }]), uuid(70));
  const ways = statuses.flatMap((from) =>
    statuses.filter((to) => mayBecome({ ...requested, status: from }, to)).map((to) => `${from} ${to}`),
  );
  expect(ways).toEqual(['REQUESTED APPROVED', 'REQUESTED REJECTED', 'APPROVED RECEIVED']);
});

test('asking tells of the return, a step and an event, and changes no axis', () => {
  const order = whole();
  const changed = withReturn(
    order,
    { id: uuid(70), lines: [{ itemId: one, quantity: 1 }], reason: 'OTHER' },
    at,
  );
  expect(changed.order).toMatchObject({
    fulfilmentState: 'SHIPPED',
    returns: [{ id: uuid(70), status: 'REQUESTED', reason: 'OTHER', requestedAt: at, restocked: null }],
  });
  expect(changed.order.steps.at(-1)).toEqual({ id: uuid(70), kind: 'RETURN_REQUESTED', at });
  const payload = { orderId: order.id, customerId: order.customerId, returnId: uuid(70) };
  expect(changed.events).toMatchObject([{ type: 'ReturnRequested', payload }]);
});

test('what came back is refunded after discounts, without shipping, under the return’s own refund', () => {
  const { order, events, refundId } = received(whole(), uuid(70), [{ itemId: threes, quantity: 1 }]);
  expect(refundId).toBe(refundIdOf(uuid(70)));
  expect(order).toMatchObject({
    fulfilmentState: 'PARTIALLY_RETURNED',
    orderState: 'CONFIRMED',
    returns: [{ status: 'RECEIVED', restocked: true, decidedAt: at, receivedAt: at }],
    refunds: [{ id: refundId, amount: 333n, reason: 'RETURNED', status: 'REQUESTED' }],
  });
  expect(events).toMatchObject([
    {
      type: 'ReturnReceived',
      payload: { returnId: uuid(70), restock: true, lines: [{ variantId: uuid(21), quantity: 1 }] },
    },
  ]);
  const back = returnOf(order, uuid(70));
  expect(refundedFor(order, back)).toBe(0n);
  const settled = withSettledRefund(order, refundId ?? '', 'SUCCEEDED', step)?.order;
  expect(settled && refundedFor(settled, back)).toBe(333n);
});

test('an order of which all came back is returned and done, in whatever parts', () => {
  const first = received(whole(), uuid(70), [{ itemId: one, quantity: 1 }]).order;
  expect(statusOf(first)).toBe('DELIVERED');
  const all = received(first, uuid(71), [{ itemId: threes, quantity: 3 }]).order;
  expect(all).toMatchObject({ fulfilmentState: 'RETURNED', orderState: 'COMPLETED' });
  expect(statusOf(all)).toBe('RETURNED');
  // The parcel is noted as arrived only now.
  expect(delivered(all, uuid(80))).toMatchObject({
    fulfilmentState: 'RETURNED',
    orderState: 'COMPLETED',
  });
});

test('the rest of an order is shipped and arrives after a part of it came back', () => {
  const part = received(shippedOrder({ [threes]: 3 }), uuid(70), [{ itemId: threes, quantity: 3 }]).order;
  expect(part).toMatchObject({ fulfilmentState: 'PARTIALLY_RETURNED', orderState: 'CONFIRMED' });
  const lines = [{ itemId: one, quantity: 1 }];
  const sent = withShipment(part, { id: uuid(81), carrier: 'DHL', trackingNumber: null, lines }, at).order;
  assertTransition(part, sent);
  const arrived = [uuid(80), uuid(81)].reduce(delivered, sent);
  assertTransition(sent, arrived);
  expect(arrived).toMatchObject({ fulfilmentState: 'PARTIALLY_RETURNED', orderState: 'COMPLETED' });
});

test('never more is given back than is left of what was paid, and nothing where nothing was', () => {
  const refund = {
    id: uuid(60),
    amount: 3400n,
    reason: 'STAFF',
    requestedAt: at,
    status: 'SUCCEEDED' as const,
  };
  const little = shippedOrder({ [one]: 1 }, { refunds: [refund], refundedAmount: 3400n });
  const lines = [{ itemId: one, quantity: 1 }];
  expect(received(little, uuid(70), lines).order.refunds.at(-1)).toMatchObject({ amount: 89n });
  const none = shippedOrder({ [one]: 1 }, { refunds: [{ ...refund, amount: 3489n }] });
  expect(received(none, uuid(70), lines)).toMatchObject({ refundId: null, order: { refunds: [{}] } });
  const unpaid = shippedOrder({ [one]: 1 }, { paymentState: 'AUTHORIZED', paidAmount: 0n });
  expect(received(unpaid, uuid(70), lines)).toMatchObject({ refundId: null, order: { refunds: [] } });
});

test('pieces that were cancelled and come back one by one are given back to the cent', () => {
  fc.assert(
    fc.property(
      fc.bigInt(1n, 100_000n),
      fc.integer({ min: 1, max: 12 }),
      fc.nat(11),
      (gross, quantity, less) => {
        const cancelled = less % quantity;
        const [first] = someOrder().items;
        if (!first) throw new Error('The order has items.');
        const item = { ...first, quantity, gross, cancelledQuantity: cancelled };
        const paid = { paidAmount: gross * 2n, items: [item] };
        let order = shippedOrder({ [item.id]: quantity - cancelled }, paid);
        const share = (pieces: number): bigint =>
          (gross * BigInt(pieces) * 2n + BigInt(quantity)) / BigInt(2 * quantity);
        for (let i = 0; i < quantity - cancelled; i += 1)
          order = received(order, uuid(100 + i), [{ itemId: item.id, quantity: 1 }]).order;
        const sum = order.refunds.reduce((total, refund) => total + refund.amount, 0n);
        expect(sum).toBe(gross - share(cancelled));
      },
    ),
  );
});
