import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { captureOrder } from './capture.js';
import { payOrder, reservationHolds } from './service.js';

export const Query = {
  reservationHolds: (_parent, { orderIds }, ctx) => reservationHolds(ctx, orderIds),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  captureOrder: (_parent, { input }, ctx) => withUserErrors(() => captureOrder(ctx, input)),
  payOrder: (_parent, { input: { returnUrl, ...input } }, ctx) =>
    withUserErrors(() =>
      payOrder(ctx, { ...input, ...(returnUrl ? { returnUrl: returnUrl.toString() } : {}) }),
    ),
} satisfies Partial<MutationResolvers>;
