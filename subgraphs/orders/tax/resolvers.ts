import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers, QueryResolvers, TaxRateResolvers } from '../resolver-types.generated.js';
import { percentOf } from './rules.js';
import { removeTaxRate, setTaxRate, taxRates } from './service.js';

export const Query = {
  taxRates: (_parent, _args, ctx) => taxRates(ctx),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  setTaxRate: (_parent, { input }, ctx) => withUserErrors(() => setTaxRate(ctx, input)),
  removeTaxRate: (_parent, { input }, ctx) => withUserErrors(() => removeTaxRate(ctx, input.id)),
} satisfies Partial<MutationResolvers>;

export const TaxRate: TaxRateResolvers = {
  region: ({ region }) => region || null,
  rate: ({ ratePpm }) => percentOf(ratePpm),
  rateBasisPoints: ({ ratePpm }) => Math.round(ratePpm / 100),
};
