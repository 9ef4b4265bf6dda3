import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { setTaxRate, taxRates } from './service.js';

export const Query = {
  taxRates: (_parent, _args, ctx) => taxRates(ctx),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  setTaxRate: (_parent, { input }, ctx) => withUserErrors(() => setTaxRate(ctx, input)),
} satisfies Partial<MutationResolvers>;
