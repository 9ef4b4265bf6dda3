/** Guards of payments, and of orders where it pays. */
import { source, type Guard } from './guard.js';

const paymentStore = 'subgraphs/payments/payment/store.ts';
const refundStore = 'subgraphs/payments/refund/store.ts';
const state = 'subgraphs/payments/payment/provider-state.ts';
const pays = 'subgraphs/orders/payment/service.ts';
const rules = 'subgraphs/orders/payment/rules.ts';

export const paymentGuards: Guard[] = [
  {
    name: 'payments.one-at-a-time',
    promise: 'P3: one payment of an order at a time may take its money',
    race: 'paidInTwoWindows',
    sql: 'DROP INDEX payments.payment_holds_order',
  },
  {
    name: 'payments.row-first',
    promise: 'P3: nothing is asked of the provider that is not written down first',
    race: 'rowRefused',
    changes: source(
      'subgraphs/payments/payment/create.ts',
      "  return transactOne(ctx, async (inner) => {\n    const note = noteOf(inner, 'REQUESTED'",
      "  await callProvider(ctx, payment);\n  return transactOne(ctx, async (inner) => {\n    const note = noteOf(inner, 'REQUESTED'",
    ),
  },
  {
    name: 'payments.provider-key',
    promise: 'P4: the provider is asked for the same payment under the same key, whoever lost which answer',
    race: 'answersLost',
    changes: source(
      'subgraphs/payments/payment/rules.ts',
      '`pi:${payment.orderId}:${payment.attemptKey}`',
      '`pi:${payment.orderId}:${Math.random()}`',
    ),
  },
  {
    name: 'payments.provider-refund-key',
    promise: 'P4: the provider is asked for the same refund under the same key',
    race: 'refundAnswersLost',
    changes: source(
      'subgraphs/payments/refund/rules.ts',
      '`re:${refundId}`',
      '`re:${refundId}:${Math.random()}`',
    ),
  },
  {
    name: 'payments.version',
    promise: 'P5: what the provider has told is written if the payment still is as it was when it was asked',
    race: 'paidOften',
    changes: source(
      paymentStore,
      'WHERE id = ${payment.id}::uuid AND version = ${payment.version}::int AND status = ${payment.status}\n        AND (NOT ${unlessCalled}::boolean',
      'WHERE id = ${payment.id}::uuid AND (true OR version = ${payment.version}::int AND status = ${payment.status})\n        AND (NOT ${unlessCalled}::boolean',
    ),
  },
  {
    name: 'payments.earlier-ends-first',
    promise: 'P3: an attempt is ended at the provider before another one begins',
    race: 'leavesTheBank',
    changes: source('subgraphs/payments/payment/create.ts', 'if (holder) await endEarlier(ctx, holder);', ''),
  },
  {
    name: 'payments.timer',
    promise: 'P3: a payment that may still take money has a timer',
    race: 'atTheBank',
    changes: source(
      state,
      'const timers = runAt ? { timers: [{ ...timer, runAt }] } :',
      'const timers = runAt ? {} :',
    ),
  },
  {
    name: 'refunds.timer',
    promise: 'P3: a refund that the provider works on has a timer',
    race: 'refundTakesLong',
    changes: source(
      'subgraphs/payments/refund/service.ts',
      'if (runAt) await schedule(ctx, { ...timerOf(refund.id), runAt });',
      'if (runAt) return;',
    ),
  },
  {
    name: 'refunds.within-captured',
    promise: 'P18: no more is given back than was taken, and who asks for more is told so',
    race: 'refundedByMany',
    changes: source(
      refundStore,
      'WHERE p.id = c.payment_id AND p.captured_amount - p.refund_requested_amount >= c.amount\n        AND',
      'WHERE p.id = c.payment_id AND',
    ),
  },
  {
    name: 'refunds.once',
    promise: 'P4: a refund is written once under its id',
    race: 'refundedOften',
    changes: source(
      refundStore,
      '      ON CONFLICT DO NOTHING\n      RETURNING payment_id, amount',
      '      RETURNING payment_id, amount',
    ),
  },
  {
    name: 'refunds.version',
    promise: 'P5: what the provider has told of a refund counts once',
    race: 'refundedOften',
    changes: source(
      refundStore,
      'WHERE id = ${refund.id}::uuid AND version = ${refund.version}::int AND status = ${refund.status}',
      'WHERE id = ${refund.id}::uuid AND (true OR version = ${refund.version}::int AND status = ${refund.status})',
    ),
  },
  {
    name: 'webhooks.signature',
    promise: 'P6: what the provider has not signed is refused',
    race: 'forgedWebhooks',
    changes: source(
      'subgraphs/payments/webhook/server.ts',
      'eventOf(stripe.webhooks.constructEvent(body, signature, secret, tolerance, undefined, now))',
      'eventOf(JSON.parse(body.toString() || `${secret}`) as Stripe.Event)',
    ),
  },
  {
    name: 'webhooks.not-from-the-future',
    promise: 'P6: a signature from a clock that is ahead is refused',
    race: 'forgedWebhooks',
    changes: source(
      'subgraphs/payments/webhook/server.ts',
      'if (!(ahead <= tolerance)) return null;',
      'if (Number.isNaN(ahead)) return null;',
    ),
  },
  {
    name: 'webhooks.once',
    promise: 'P5: an event that the provider tells again is not handled again',
    race: 'toldFiveTimes',
    changes: source(
      'subgraphs/payments/webhook/store.ts',
      'ON CONFLICT (provider_event_id) DO NOTHING RETURNING id',
      'ON CONFLICT (provider_event_id) DO UPDATE SET received_at = excluded.received_at RETURNING id',
    ),
  },
  {
    name: 'risk.counted-first',
    promise:
      'P21: attempts to pay are counted before they are decided on: of many at once so many begin as may',
    race: 'oneAddress',
    changes: source(
      'subgraphs/payments/risk/velocity.ts',
      '  FROM counted c)`;',
      '  FROM counted JOIN risk_velocity c USING (subject))`;',
    ),
  },
  {
    name: 'orders.released-after-the-provider',
    promise: 'P7: stock is let go only when the provider has said that the payment takes no money any more',
    race: 'bankTakesAnHour',
    changes: source(
      pays,
      'if (!allEnded && now.getTime() - order.createdAt.getTime() < longestHoldMs)',
      'if (false)',
    ),
  },
  {
    name: 'orders.cancelled-after-the-provider',
    promise:
      'P7: an order is cancelled only when the provider has said that its payment takes no money any more',
    race: 'cancelledAtTheBank',
    changes: source(
      'subgraphs/orders/cancellation/service.ts',
      '!(await endPayments(ctx, order, ended)).allEnded)',
      '!(await endPayments(ctx, order, ended)))',
    ),
  },
  {
    name: 'orders.late-money-goes-back',
    promise: 'P7: money that the order cannot use goes back, once',
    race: 'bankTakesLong',
    changes: source(rules, 'if (tooMuch === 0n) return', 'if (tooMuch >= 0n) return'),
  },
  {
    name: 'orders.amount',
    promise: 'P18: an order is paid by its whole amount',
    race: 'aCentLess',
    changes: source(rules, 'payment.amount >= due;', 'due >= 0n;'),
  },
  {
    name: 'orders.news-once',
    promise: 'P8: news of a payment that the order knows change nothing',
    race: 'heardTwice',
    changes: source(rules, 'if (!isNews(known, payment.status)) return null;', ''),
  },
  {
    name: 'orders.deadline-only-when-due',
    promise: 'P2: an order waits for its payment until its time, whatever comes early',
    race: 'timersComeEarly',
    changes: source(
      pays,
      'if (order.paymentDueAt > ctx.clock()) return schedule(ctx, paymentDueTimer(orderId, order.paymentDueAt));',
      '',
    ),
  },
];
