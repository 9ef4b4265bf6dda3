/** A return as the SDL shows it. */
import { money } from '../../shared/money.js';
import type { Order, Return } from '../order/rules.js';
import { itemView, linesView } from '../order/views.js';
import type { ResolversTypes } from '../resolver-types.generated.js';
import { refundedFor, type ReceivedLine } from './rules.js';

const linesOfReceipt = (order: Order, lines: readonly ReceivedLine[]): ResolversTypes['ReceivedLine'][] =>
  lines.flatMap(({ itemId, quantity, restocked }) => {
    const item = order.items.find(({ id }) => id === itemId);
    return item ? [{ item: itemView(order, item), quantity, restocked }] : [];
  });

export const returnView = (order: Order, one: Return): ResolversTypes['Return'] => ({
  id: one.id,
  order,
  lines: linesView(order, one.lines),
  received: one.received && linesOfReceipt(order, one.received),
  labelUrl: one.labelUrl,
  trackingNumber: one.trackingNumber,
  reason: one.reason,
  status: one.status,
  requestedAt: one.requestedAt,
  decidedAt: one.decidedAt,
  receivedAt: one.receivedAt,
  refundedAmount: money(refundedFor(order, one), order.currencyCode),
});
