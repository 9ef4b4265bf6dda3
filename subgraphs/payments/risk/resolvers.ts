import type { QueryResolvers } from '../resolver-types.generated.js';
import { payments } from './service.js';

export const Query: Pick<QueryResolvers, 'payments'> = {
  payments: (_root, parameters, ctx) => payments(ctx, parameters),
};
