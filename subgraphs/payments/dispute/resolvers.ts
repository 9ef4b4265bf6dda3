import type { DisputeResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { disputes } from './service.js';

export const Query: Pick<QueryResolvers, 'disputes'> = {
  disputes: (_root, parameters, ctx) => disputes(ctx, parameters),
};

export const Dispute: DisputeResolvers = {
  payment: ({ paymentId }, _parameters, ctx) => ctx.loaders.payment.load(paymentId),
  order: ({ orderId }) => ({ id: orderId }),
  providerReference: ({ providerDisputeId }) => providerDisputeId,
};
