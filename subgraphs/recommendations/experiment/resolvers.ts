import type { MutationResolvers, QueryResolvers } from '../resolver-types.generated.js';
import { createExperiment, endExperiment, experiments, startExperiment } from './service.js';

export const Query = {
  experiments: (_root, page, ctx) => experiments(ctx, page),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  createExperiment: (_root, { input }, ctx) => createExperiment(ctx, input),
  startExperiment: (_root, { input }, ctx) => startExperiment(ctx, input),
  endExperiment: (_root, { input }, ctx) => endExperiment(ctx, input),
} satisfies Partial<MutationResolvers>;
