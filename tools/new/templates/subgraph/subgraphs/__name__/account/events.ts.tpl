import type { Consumer } from '../../shared/events/inbox.js';
import type { Context } from '../context.js';
import { forgetUsers } from './service.js';

/** What __name__ learns from the events of the other subgraphs; each handler is safe to run twice. */
export const accountConsumer: Consumer<Context> = {
  name: 'accounts',
  mode: 'transaction',
  handlers: {
    UserDeleted: (ctx, batch) =>
      forgetUsers(
        ctx,
        batch.map(({ payload }) => payload.userId),
      ),
  },
};
