import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { areOpen, cancelLines, cancelWhole, hasCancellableLines, isAll } from '../cancellation/rules.js';
import {
  amountDue,
  isCancellable,
  isPaid,
  openQuantity,
  packedQuantity,
  refundable,
  type Order,
  type OrderPayment,
} from '../order/rules.js';
import { assertTransition } from '../order/states.js';
import { withSettledRefund } from '../refund/rules.js';
import {
  areReturnable,
  mayBecome as returnMayBecome,
  withDecision,
  withReceipt,
  withReturn,
} from '../return/rules.js';
import {
  isShippable,
  openLines,
  transitions,
  withLabel,
  withoutShipment,
  withPackedShipment,
  withShipment,
  withTracking,
} from '../shipment/rules.js';
import { someOrder, uuid } from '../tests/some-order.js';
import { withPayment } from './rules.js';

const at = new Date('2026-11-21T12:05:00Z');
const newId = (): string => uuid(Math.floor(Math.random() * 1e9));
const statuses = Object.keys(transitions) as (keyof typeof transitions)[];
const someLabel = {
  ...{ labelUrl: 'https://carrier.example/1', labelAmount: 480n, labelCurrency: 'EUR', trackingNumber: '1' },
  ...{ trackingUrl: null, deliveryDate: null },
};
const payment = (status: OrderPayment['status'], amount: bigint, n = 100): OrderPayment => ({
  paymentId: uuid(n),
  status,
  amount,
});

test('a payment under way that could not pay the order as it is now is given up', () => {
  const told = (amount: bigint) => withPayment(someOrder(), payment('PENDING', amount), at, newId)?.isToVoid;
  expect([told(3488n), told(3489n), told(4000n)]).toEqual([true, false, false]);
  const over = someOrder({ orderState: 'CANCELLED' });
  expect(withPayment(over, payment('PENDING', 1n), at, newId)?.isToVoid).toBe(false);
});

test('a success of the right amount pays the order', () => {
  const applied = withPayment(someOrder(), payment('SUCCEEDED', 3489n), at, newId);
  expect(applied?.order).toMatchObject({
    orderState: 'CONFIRMED',
    paymentState: 'PAID',
    paidAmount: 3489n,
    paymentDueAt: null,
  });
  expect([applied?.refundId, applied?.events.map((one) => one.type)]).toEqual([null, ['OrderPaid']]);
  expect(applied?.events[0]?.payload).toMatchObject({ placedAt: someOrder().placedAt.toISOString() });
});

test('a success of too little does not pay it and is given back', () => {
  const applied = withPayment(someOrder(), payment('SUCCEEDED', 3488n), at, newId);
  expect(applied?.order).toMatchObject({
    paymentState: 'NONE',
    refunds: [{ amount: 3488n, reason: 'OVERPAID' }],
  });
  expect(applied?.events).toEqual([]);
});

test('what was said of a payment is not unsaid by older news', () => {
  const paid = withPayment(someOrder(), payment('SUCCEEDED', 3489n), at, newId)?.order ?? someOrder();
  for (const status of ['PENDING', 'FAILED', 'CANCELLED', 'SUCCEEDED'] as const)
    expect(withPayment(paid, payment(status, 3489n), at, newId)).toBeNull();
  const failed = withPayment(someOrder(), payment('FAILED', 0n), at, newId)?.order ?? someOrder();
  expect(withPayment(failed, payment('PENDING', 0n), at, newId)).toBeNull();
});

test.each(['FAILED', 'CANCELLED'] as const)(
  'a payment that is told to be %s is over, whatever older news comes later; only money that was taken counts',
  (end) => {
    const over = withPayment(someOrder(), payment(end, 0n), at, newId)?.order ?? someOrder();
    for (const status of ['PENDING', 'AUTHORIZED', 'FAILED', 'CANCELLED'] as const)
      expect(withPayment(over, payment(status, 3489n), at, newId)).toBeNull();
    const taken = withPayment(over, payment('SUCCEEDED', 3489n), at, newId);
    expect(taken?.order.paymentState).toBe('PAID');
  },
);

test('a decline while another payment is under way does not make the order failed', () => {
  const pending = withPayment(someOrder(), payment('PENDING', 3489n, 101), at, newId)?.order ?? someOrder();
  expect(withPayment(pending, payment('FAILED', 0n), at, newId)?.order.paymentState).toBe('NONE');
  expect(withPayment(someOrder(), payment('FAILED', 0n), at, newId)?.order.paymentState).toBe('FAILED');
});

/** One thing that may happen to an order, in any order and any number of times; null where it does not apply. */
type Happening = (order: Order, n: number) => Order | null | undefined;
const happenings: Record<string, Happening> = {
  succeed: (order, n) =>
    withPayment(order, payment('SUCCEEDED', amountDue(order), 100 + (n % 3)), at, newId)?.order,
  fail: (order, n) => withPayment(order, payment('FAILED', 0n, 100 + (n % 3)), at, newId)?.order,
  begin: (order, n) =>
    withPayment(order, payment('PENDING', amountDue(order), 100 + (n % 3)), at, newId)?.order,
  cancel: (order) => (isCancellable(order) ? cancelWhole(order, 'CUSTOMER', at, newId).order : null),
  cancelLine: (order, n) => {
    const lines = [{ itemId: order.items[n % 2]?.id ?? '', quantity: 1 }];
    if (!hasCancellableLines(order) || !areOpen(order, lines) || isAll(order, lines)) return null;
    return cancelLines(order, lines, newId(), at).order;
  },
  refund: (order, n) => {
    const refund = order.refunds[n % Math.max(1, order.refunds.length)];
    return (
      refund &&
      withSettledRefund(order, refund.id, n % 5 === 0 ? 'FAILED' : 'SUCCEEDED', { id: newId(), at })?.order
    );
  },
  ship: (order, n) => {
    const lines = openLines(order).slice(0, 1 + (n % 2));
    if (!isShippable(order) || lines.length === 0) return null;
    const parcel = { id: newId(), carrier: 'DHL', trackingNumber: null, lines };
    if (n % 3 === 0) return withShipment(order, parcel, at).order;
    return withPackedShipment(
      order,
      { ...parcel, service: 'standard' },
      { id: newId(), kind: 'PROCESSING', at },
    );
  },
  label: (order, n) => {
    const shipment = order.shipments[n % Math.max(1, order.shipments.length)];
    return shipment && withLabel(order, shipment.id, { ...someLabel, labelId: newId() });
  },
  withdraw: (order, n) => {
    const shipment = order.shipments[n % Math.max(1, order.shipments.length)];
    return shipment && withoutShipment(order, shipment.id);
  },
  track: (order, n) => {
    const shipment = order.shipments[n % Math.max(1, order.shipments.length)];
    const status = statuses[n % statuses.length] ?? 'DELIVERED';
    const news = [{ id: newId(), status, at, place: null, message: null }];
    return shipment && withTracking(order, shipment.id, news, newId)?.order;
  },
  askReturn: (order, n) => {
    const lines = [{ itemId: order.items[n % 2]?.id ?? '', quantity: 1 }];
    return areReturnable(order, lines)
      ? withReturn(order, { id: newId(), lines, reason: 'OTHER' }, at).order
      : null;
  },
  decideReturn: (order, n) => {
    const one = order.returns[n % Math.max(1, order.returns.length)];
    const to = n % 4 === 0 ? 'REJECTED' : 'APPROVED';
    return one && returnMayBecome(one, to) ? withDecision(order, one, to, { id: newId(), at }).order : null;
  },
  receiveReturn: (order, n) => {
    const one = order.returns[n % Math.max(1, order.returns.length)];
    return one && returnMayBecome(one, 'RECEIVED')
      ? withReceipt(
          order,
          one,
          { lines: one.lines.map((line) => ({ ...line, restocked: true })), refundShipping: n % 5 === 0 },
          { id: newId(), at },
        ).order
      : null;
  },
};

/** What `npm run verify` asks of the axes. */
function assertAxes(order: Order): void {
  const shipped = order.items.reduce((sum, item) => sum + item.shippedQuantity, 0);
  const inParcels = order.shipments
    .filter(({ shippedAt }) => shippedAt !== null)
    .flatMap(({ lines }) => lines)
    .reduce((sum, line) => sum + line.quantity, 0);
  expect(inParcels).toBe(shipped);
  if (['NONE', 'PROCESSING'].includes(order.fulfilmentState)) expect(shipped).toBe(0);
  else expect(shipped).toBeGreaterThan(0);
  if (['SHIPPED', 'DELIVERED'].includes(order.fulfilmentState))
    expect(order.items.every((item) => openQuantity(item) === 0)).toBe(true);
  if (order.orderState === 'COMPLETED')
    expect(['DELIVERED', 'PARTIALLY_RETURNED', 'RETURNED']).toContain(order.fulfilmentState);
}

test('whatever happens in whatever order, axes move by the table and no money is lost or given back twice', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(happenings)), fc.nat(20)), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(steps, (list) => {
      let order = someOrder();
      let paidOnce = 0;
      for (const [name, n] of list) {
        const next = happenings[name]?.(order, n);
        if (!next) continue;
        assertTransition(order, next);
        if (!isPaid(order) && isPaid(next) && next.orderState !== 'CANCELLED') paidOnce += 1;
        order = next;
        assertAxes(order);
        const asked = order.refunds
          .filter((one) => one.status !== 'FAILED')
          .reduce((sum, one) => sum + one.amount, 0n);
        expect(asked + refundable(order)).toBe(order.paidAmount);
        expect(refundable(order)).toBeGreaterThanOrEqual(0n);
        expect(order.refundedAmount).toBeLessThanOrEqual(order.paidAmount);
        expect(order.cancelledAmount).toBeLessThanOrEqual(order.gross);
        for (const item of order.items)
          expect(
            item.cancelledQuantity + item.shippedQuantity + packedQuantity(order, item.id),
          ).toBeLessThanOrEqual(item.quantity);
      }
      expect(paidOnce).toBeLessThanOrEqual(1);
    }),
    { numRuns: 500 },
  );
});
