import type { Consumer } from '../../shared/events/inbox.js';
import type { Context } from '../context.js';
import { refreshProduct } from './service.js';

/** By lease: it asks catalog, which must not happen inside a transaction. */
export const productsConsumer: Consumer<Context> = {
  name: 'products',
  mode: 'lease',
  handlers: {
    ProductChanged: async (ctx, batch) => {
      for (const { payload } of batch) await refreshProduct(ctx, payload.productId);
    },
  },
};
