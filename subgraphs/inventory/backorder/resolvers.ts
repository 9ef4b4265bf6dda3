import type {
  BackorderResolvers,
  BackorderPolicyResolvers,
  MutationResolvers,
  QueryResolvers,
} from '../resolver-types.generated.js';
import { backorders, setBackorderPolicies } from './service.js';

export const Query: Pick<QueryResolvers, 'backorders'> = {
  backorders: (_root, parameters, ctx) => backorders(ctx, parameters),
};

export const Mutation: Pick<MutationResolvers, 'setBackorderPolicies'> = {
  setBackorderPolicies: (_root, { input }, ctx) => setBackorderPolicies(ctx, input),
};

export const BackorderPolicy: BackorderPolicyResolvers = {
  variant: ({ variantId }) => ({ id: variantId }),
};

export const Backorder: BackorderResolvers = {
  variant: ({ variantId }) => ({ id: variantId }),
};
