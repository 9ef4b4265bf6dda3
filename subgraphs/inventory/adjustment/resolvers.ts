import type { MutationResolvers } from '../resolver-types.generated.js';
import { adjustInventoryQuantities, setInventoryQuantities } from './service.js';

export const Mutation: Pick<MutationResolvers, 'setInventoryQuantities' | 'adjustInventoryQuantities'> = {
  setInventoryQuantities: (_root, { input }, ctx) => setInventoryQuantities(ctx, input),
  adjustInventoryQuantities: (_root, { input }, ctx) => adjustInventoryQuantities(ctx, input),
};
