import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { payOrder } from './service.js';

export const Mutation = {
  payOrder: (_parent, { input: { returnUrl, ...input } }, ctx) =>
    withUserErrors(() =>
      payOrder(ctx, { ...input, ...(returnUrl ? { returnUrl: returnUrl.toString() } : {}) }),
    ),
} satisfies Partial<MutationResolvers>;
