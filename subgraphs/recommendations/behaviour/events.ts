import type { Consumer } from '../../shared/events/inbox.js';
import type { Context } from '../context.js';
import {
  behaviourConsumerName,
  eraseAgain,
  eraseCustomers,
  forgetCustomers,
  joinGuests,
  recordCartChanges,
  recordPurchases,
} from './service.js';

/** What visitors do, as the other subgraphs tell it. */
export const behaviourConsumer: Consumer<Context> = {
  name: behaviourConsumerName,
  mode: 'transaction',
  // Nobody waits for it, and many at once cost little more than one.
  batchSize: 500,
  restMs: 1_000,
  handlers: {
    OrderPaid: (ctx, batch) => recordPurchases(ctx, batch),
    ProductAddedToCart: (ctx, batch) => recordCartChanges(ctx, batch),
    ProductRemovedFromCart: (ctx, batch) => recordCartChanges(ctx, batch),
    UserLoggedIn: (ctx, batch) =>
      joinGuests(
        ctx,
        batch.flatMap(({ payload: { guestId, userId } }) =>
          guestId ? [{ guestId, customerId: userId }] : [],
        ),
      ),
    UserDeleted: (ctx, batch) =>
      forgetCustomers(
        ctx,
        batch.map(({ payload }) => payload.userId),
      ),
  },
  timers: {
    [eraseAgain]: (ctx, batch) =>
      eraseCustomers(
        ctx,
        batch.map(({ aggregateId }) => aggregateId),
      ),
  },
};
