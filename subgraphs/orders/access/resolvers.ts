import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { guestOfOrderAccess, issueOrderAccess, rotateOrderAccess } from './service.js';

export const Query = {
  guestOfOrderAccess: (_parent, args, ctx) => guestOfOrderAccess(ctx, args),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  issueOrderAccess: (_parent, { orderId }, ctx) => issueOrderAccess(ctx, orderId),
  rotateOrderAccess: (_parent, { input }, ctx) => withUserErrors(() => rotateOrderAccess(ctx, input)),
} satisfies Partial<MutationResolvers>;
