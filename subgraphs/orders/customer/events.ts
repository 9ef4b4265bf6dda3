import type { Consumer } from '../../shared/events/inbox.js';
import type { Context } from '../context.js';
import { forgetCustomer, mergeGuestCart } from './service.js';

/** What becomes of a customer. */
export const customers: Consumer<Context> = {
  name: 'customers',
  mode: 'transaction',
  handlers: {
    UserLoggedIn: async (ctx, batch) => {
      for (const { payload } of batch)
        if (payload.guestId)
          await mergeGuestCart(ctx, { guestId: payload.guestId, customerId: payload.userId });
    },
    UserDeleted: async (ctx, batch) => {
      for (const { payload } of batch) await forgetCustomer(ctx, payload.userId);
    },
  },
};
