/** Who may read and call what of recommendations. */
import { every, owner, type Policy } from '../shared/policy.js';
import type { Reference } from './recommendation/rules.js';

export const policy: Policy = {
  Query: {
    popularProducts: 'public',
    recommendationsDeadLetters: 'staff:events:read',
  },
  Mutation: {
    trackEvents: 'customer',
    retryRecommendationsDeadLetters: 'staff:events:retry',
  },
  Product: every('public', ['id', 'boughtTogether', 'related']),
  User: {
    id: 'public',
    recommendations: owner<Reference>((user) => user.id, 'users:read'),
  },
  Recommendation: every('public', ['product', 'score', 'reason', 'algorithm']),
};
