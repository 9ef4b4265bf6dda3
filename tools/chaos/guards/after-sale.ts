/** Guards of what comes after the sale: captures, parcels, labels, returns. */
import { source, type Guard } from './guard.js';

const paymentStore = 'subgraphs/payments/payment/store.ts';
const returns = 'subgraphs/orders/return/service.ts';
const labels = 'subgraphs/orders/shipment/label.ts';

export const afterSaleGuards: Guard[] = [
  {
    name: 'captures.one',
    promise: 'P4: of several who take what is set aside one does, and is told what it took',
    race: 'capturedByMany',
    changes: source(
      paymentStore,
      "AND status = 'AUTHORIZED' AND capture_id IS NULL AND cancel_requested_at IS NULL",
      "AND status = 'AUTHORIZED' AND cancel_requested_at IS NULL",
    ),
  },
  {
    name: 'captures.or-cancel',
    promise: 'P3: what is set aside is taken or given up, not both',
    race: 'capturedAndCancelled',
    // The table refuses it too.
    changes: source(paymentStore, '        AND capture_id IS NULL\n      RETURNING', '      RETURNING'),
    sql: 'ALTER TABLE payments.payment DROP CONSTRAINT payment_capture_or_cancel',
  },
  {
    name: 'returns.asked-once',
    promise: 'P4: one wish to send something back is one return',
    race: 'returnAskedOften',
    changes: source(
      returns,
      'if (isDone(current, claimed)) return null;\n      refuseUnreturnable',
      'refuseUnreturnable',
    ),
  },
  {
    name: 'returns.within-shipped',
    promise: 'P18: no more comes back than was sent',
    race: 'returnAskedByMany',
    changes: source(returns, 'if (!areReturnable(order, lines))', 'if (lines.length === 0)'),
  },
  {
    name: 'returns.receipt-once',
    promise: 'P4: twins and repeats of a receipt are one',
    race: 'returnReceivedOften',
    changes: source(
      returns,
      'if (isDone(current, claimed)) return null;\n      const one = getReturn',
      'const one = getReturn',
    ),
  },
  {
    name: 'returns.received-once',
    promise: 'P18: what has come back comes back once, and is paid back once',
    race: 'returnReceivedByMany',
    changes: source(returns, "if (!mayBecome(one, 'RECEIVED')) throw notOpen(one);", ''),
  },
  {
    name: 'returns.restocked-once',
    promise: 'P8: the news of what came back counts once',
    race: 'returnHeardTwice',
    changes: source(
      'subgraphs/inventory/reservation/restock.ts',
      'if (!(await noteCancellation(inner.db, { eventId: returnId, orderId, aggregateSeq, lines }))) return;',
      'await noteCancellation(inner.db, { eventId: returnId, orderId, aggregateSeq, lines });',
    ),
  },
  {
    name: 'returns.after-the-sale',
    promise: 'P8: goods come back to stock that were sold from it, whatever news comes first',
    race: 'returnBeforeSale',
    changes: source(
      'subgraphs/inventory/reservation/restock.ts',
      "if (reservation?.status !== 'COMMITTED')",
      'if (!reservation)',
    ),
  },
  {
    name: 'parcels.once',
    promise: 'P4: one wish to send something off is one parcel',
    race: 'labelBoughtOften',
    changes: source(
      'subgraphs/orders/shipment/service.ts',
      '(isDone(current, claimed) ? null : parcel(ctx, current, input, claimed.shipmentId))',
      'parcel(ctx, current, input, claimed.shipmentId)',
    ),
  },
  {
    name: 'labels.key',
    promise: 'P4: a parcel has one label, whatever answers of the carrier are lost',
    race: 'labelAnswerLost',
    changes: source(labels, '`label:${shipmentId}`', '`label:${shipmentId}:${Math.random()}`'),
  },
  {
    name: 'labels.timer',
    promise: 'P3: a parcel that waits for its label has a timer',
    race: 'labelAnswerLost',
    changes: source(
      'subgraphs/orders/shipment/service.ts',
      'timers: [labelTimer(current.id, id, new Date(now.getTime() + labelRetryMs))],',
      'timers: [labelTimer(current.id, id, new Date(now.getTime() + labelRetryMs))].slice(1),',
    ),
  },
  {
    name: 'labels.known-before-cancelled',
    promise: 'P3: no label is left with the carrier of which nobody knows',
    race: 'labelLostAndCancelled',
    changes: source(
      labels,
      'const { order: bought } = await buyLabel(ctx, order, shipmentId);',
      'const bought = order;',
    ),
  },
  {
    name: 'labels.return-key',
    promise: 'P4: a return has one label for its way back',
    race: 'returnLabelledOften',
    changes: source(labels, '`return:${id}`', '`return:${id}:${Math.random()}`'),
  },
];
