import { cartPayload } from '../cart/payload.js';
import type { MutationResolvers } from '../resolver-types.generated.js';
import { applyPromotionCode, removePromotionCode } from './service.js';

export const Mutation = {
  applyPromotionCode: (_parent, { input }, ctx) => cartPayload(() => applyPromotionCode(ctx, input)),
  removePromotionCode: (_parent, { input }, ctx) => cartPayload(() => removePromotionCode(ctx, input)),
} satisfies Partial<MutationResolvers>;
