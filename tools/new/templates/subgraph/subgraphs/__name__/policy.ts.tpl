/** Who may read and call what of __name__. */
import { every, owner, type Policy } from '../shared/policy.js';
import type { Account, UserReference } from './account/rules.js';

export const policy: Policy = {
  Query: {
    __name__Account: 'public', // null for what the viewer may not see
    __name__DeadLetters: 'staff:events:read',
  },
  Mutation: {
    add__Name__Entry: 'staff:users:write',
    retry__Name__DeadLetters: 'staff:events:retry',
  },
  User: {
    id: 'public',
    __name__Account: owner<UserReference>((user) => user.id, 'users:read'),
  },
  __Name__Account: every(
    owner<Account>((account) => account.userId, 'users:read'),
    ['user', 'balance'],
  ),
};
