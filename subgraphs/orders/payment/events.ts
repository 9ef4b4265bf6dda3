import type { Consumer } from '../../shared/events/inbox.js';
import type { Context } from '../context.js';
import { cancelOutOfStock } from '../cancellation/service.js';
import { stockArrived, stockCommittedLate } from '../backorder/service.js';
import { settleRefund } from '../refund/service.js';
import { applyPayment, knownSuccesses, paymentCancelled, unpaidNewsDue } from './service.js';

/** What payments and inventory tell of an order, and that they tell nothing: the same commands that the customer's own call runs. */
export const payments: Consumer<Context> = {
  name: 'payments',
  mode: 'transaction',
  restMs: 250,
  handlers: {
    PaymentProcessed: async (ctx, batch) => {
      const known = await knownSuccesses(
        ctx,
        batch.map(({ payload }) => payload.paymentId),
      );
      for (const { payload } of batch) {
        if (known.has(payload.paymentId)) continue;
        const { orderId, paymentId, amount } = payload;
        await applyPayment(ctx, orderId, { paymentId, status: 'SUCCEEDED', amount: BigInt(amount) });
      }
    },
    PaymentAuthorized: async (ctx, batch) => {
      for (const { payload } of batch) {
        const { orderId, paymentId, amount } = payload;
        await applyPayment(ctx, orderId, { paymentId, status: 'AUTHORIZED', amount: BigInt(amount) });
      }
    },
    PaymentFailed: async (ctx, batch) => {
      for (const { payload } of batch) {
        const { orderId, paymentId } = payload;
        await applyPayment(ctx, orderId, { paymentId, status: 'FAILED', amount: 0n });
      }
    },
    PaymentCancelled: async (ctx, batch) => {
      for (const { payload } of batch) await paymentCancelled(ctx, payload);
    },
    PaymentRefunded: async (ctx, batch) => {
      for (const { payload } of batch) {
        const { orderId, refundId, amount } = payload;
        await settleRefund(ctx, orderId, refundId, 'SUCCEEDED', { amount: BigInt(amount) });
      }
    },
    BackorderFilled: async (ctx, batch) => {
      for (const news of batch) await stockArrived(ctx, news);
    },
    StockCommittedLate: async (ctx, batch) => {
      for (const news of batch) await stockCommittedLate(ctx, news);
    },
    StockCommitFailed: async (ctx, batch) => {
      for (const { payload } of batch) await cancelOutOfStock(ctx, payload.orderId);
    },
  },
  timers: {
    UnpaidNewsDue: async (ctx, batch) => {
      for (const { aggregateId } of batch) await unpaidNewsDue(ctx, aggregateId);
    },
  },
};
