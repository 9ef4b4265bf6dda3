/** A return as the SDL shows it. */
import { money } from '../../shared/money.js';
import type { Order, Return } from '../order/rules.js';
import { linesView } from '../order/views.js';
import type { ResolversTypes } from '../resolver-types.generated.js';
import { refundedFor } from './rules.js';

export const returnView = (order: Order, one: Return): ResolversTypes['Return'] => ({
  id: one.id,
  order,
  lines: linesView(order, one.lines),
  reason: one.reason,
  status: one.status,
  requestedAt: one.requestedAt,
  decidedAt: one.decidedAt,
  receivedAt: one.receivedAt,
  refundedAmount: money(refundedFor(order, one), order.currencyCode),
});
