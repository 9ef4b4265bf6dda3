/** Guards of events and timers. */
import { source, type Guard } from './guard.js';

const outbox = 'subgraphs/shared/events/outbox.ts';
const inbox = 'subgraphs/shared/events/inbox.ts';

export const eventGuards: Guard[] = [
  {
    name: 'events.in-the-transaction',
    promise: 'P8: an event is told exactly if what it tells of is so',
    race: 'undoneAtTheEnd',
    changes: [
      {
        file: 'subgraphs/shared/transaction.ts',
        find: '        transaction = db;',
        put: '        transaction = db;\n        Object.assign(db as object, { outside: context.db });',
      },
      {
        file: outbox,
        find: 'await context.db.$executeRaw`WITH saved AS (SELECT 1) ${eventRows(context, news)} SELECT 1`;',
        put: 'await ((context.db as { outside?: Sql }).outside ?? context.db).$executeRaw`WITH saved AS (SELECT 1) ${eventRows(context, news)} SELECT 1`;',
      },
    ],
  },
  {
    name: 'events.only-if-saved',
    promise: 'P8: nothing is told of a change that was not made',
    race: 'linesCancelledByMany',
    changes: source(
      outbox,
      '      WHERE EXISTS (SELECT FROM saved)\n    ), event_numbers',
      '    ), event_numbers',
    ),
  },
  {
    name: 'timers.only-if-saved',
    promise: 'P3: a timer is set for what is, and for nothing else',
    race: 'linesCancelledByMany',
    changes: source(
      'subgraphs/shared/events/timers.ts',
      '      WHERE EXISTS (SELECT FROM saved)\n      ORDER BY t.consumer',
      '      ORDER BY t.consumer',
    ),
  },
  {
    name: 'events.carried-once',
    promise: 'P8: an event that is carried again comes once',
    race: 'carriedAgain',
    changes: source(
      'subgraphs/shared/events/relay.ts',
      '      ON CONFLICT (consumer, event_id) DO NOTHING\n',
      '',
    ),
  },
  {
    name: 'events.acknowledged-with-the-effect',
    promise: 'P8: a message is done exactly if its effect is',
    race: 'failsAtTheEnd',
    changes: source(
      inbox,
      '        await handle({ ...inner, correlationId: current.correlationId }, consumer, [current]);\n        await acknowledge(inner.db, consumer.name, [current], claimedAt, inner.clock());\n        return true;\n      });\n      if (!found) return count;',
      "        await acknowledge(inner.db, consumer.name, [current], claimedAt, inner.clock());\n        return true;\n      });\n      if (!found) return count;\n      await transact(context, (inner) => handle({ ...inner, correlationId: current?.correlationId ?? '' }, consumer, current ? [current] : []));",
    ),
  },
  {
    name: 'timers.set-anew-stay',
    promise: 'P3: a timer that its handler has set anew is not done with the old one',
    race: 'atTheBank',
    changes: source(
      'subgraphs/shared/events/inbox-store.ts',
      '::uuid[])\n      AND run_at <= ${claimedAt}::timestamptz`;',
      '::uuid[])\n      AND (true OR run_at <= ${claimedAt}::timestamptz)`;',
    ),
  },
  {
    name: 'orders.timer',
    promise: 'P3: an order that waits for its payment has a timer',
    race: 'leftAlone',
    changes: source(
      'subgraphs/orders/checkout/place.ts',
      'timers: [paymentDueTimer(orderId, paymentDueAt), unpaidNewsTimer(orderId, tellAt)],',
      'timers: [unpaidNewsTimer(orderId, tellAt)],',
    ),
  },
  {
    name: 'stock.timer',
    promise: 'P2: an open reservation has a timer',
    race: 'leftAlone',
    changes: source(
      'subgraphs/inventory/reservation/service.ts',
      'timers: held.map(({ orderId, holdUntil }) => expiryTimer(orderId, holdUntil)),',
      'timers: held.slice(held.length).map(({ orderId, holdUntil }) => expiryTimer(orderId, holdUntil)),',
    ),
  },
];
