import { withUserErrors } from '../../shared/errors.js';
import type {
  MutationResolvers,
  QueryResolvers,
  ReconciliationBreakResolvers,
} from '../resolver-types.generated.js';
import { reconciliationBreaks, resolveReconciliationBreak } from './service.js';

export const Query: Pick<QueryResolvers, 'reconciliationBreaks'> = {
  reconciliationBreaks: (_root, parameters, ctx) => reconciliationBreaks(ctx, parameters),
};

export const Mutation: Pick<MutationResolvers, 'resolveReconciliationBreak'> = {
  resolveReconciliationBreak: (_root, { input }, ctx) =>
    withUserErrors(() => resolveReconciliationBreak(ctx, input)),
};

export const ReconciliationBreak: ReconciliationBreakResolvers = {
  payment: ({ paymentId }, _parameters, ctx) =>
    paymentId === null ? null : ctx.loaders.payment.load(paymentId),
  order: ({ orderId }) => (orderId === null ? null : { id: orderId }),
  resolver: ({ resolverId }) => (resolverId === null ? null : { id: resolverId }),
};
