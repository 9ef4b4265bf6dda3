import type { MutationResolvers } from '../resolver-types.generated.js';
import { trackEvents } from './service.js';

export const Mutation = {
  trackEvents: (_root, { input }, ctx) => trackEvents(ctx, input),
} satisfies Partial<MutationResolvers>;
