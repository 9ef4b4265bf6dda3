import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { refundPayment } from './service.js';

export const Mutation: Pick<MutationResolvers, 'refundPayment'> = {
  refundPayment: (_root, { input }, ctx) => withUserErrors(() => refundPayment(ctx, input)),
};
