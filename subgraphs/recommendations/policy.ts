/** Who may read and call what of recommendations. */
import { every, owner, type Policy } from '../shared/policy.js';
import type { Reference } from './recommendation/rules.js';

export const policy: Policy = {
  Query: {
    popularProducts: 'public',
    experiments: 'staff:recommendations:write',
    recommendationsDeadLetters: 'staff:events:read',
  },
  Mutation: {
    trackEvents: 'customer',
    ...every('staff:recommendations:write', ['createExperiment', 'startExperiment', 'endExperiment']),
    retryRecommendationsDeadLetters: 'staff:events:retry',
  },
  Product: every('public', ['id', 'boughtTogether', 'related']),
  User: {
    id: 'public',
    recommendations: owner<Reference>((user) => user.id, 'users:read'),
  },
  Recommendation: every('public', ['product', 'score', 'reason', 'algorithm', 'experimentArm']),
  Experiment: every('staff:recommendations:write', [
    ...['id', 'name', 'slot', 'status', 'arms', 'startedAt', 'endedAt'],
  ]),
  ExperimentArm: every('staff:recommendations:write', ['name', 'strategy', 'share']),
};
