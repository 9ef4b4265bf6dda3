import { listDeadLetters, retryDeadLetters } from '../shared/events/dead-letters.js';
import * as account from './account/resolvers.js';
import * as address from './address/resolvers.js';
import * as audit from './audit/resolvers.js';
import * as credentials from './credentials/resolvers.js';
import * as notification from './notification/resolvers.js';
import * as mail from './mail/resolvers.js';
import type { MutationResolvers, QueryResolvers, Resolvers } from './resolver-types.generated.js';
import * as session from './session/resolvers.js';
import * as signingKey from './signing-key/resolvers.js';
import * as user from './user/resolvers.js';
import * as wishlist from './wishlist/resolvers.js';

const Query: QueryResolvers = {
  ...user.Query,
  ...audit.Query,
  ...signingKey.Query,
  ...address.Query,
  usersDeadLetters: (_root, parameters, ctx) => listDeadLetters(ctx, parameters),
};

const Mutation: MutationResolvers = {
  ...account.Mutation,
  ...session.Mutation,
  ...credentials.Mutation,
  ...user.Mutation,
  ...address.Mutation,
  ...wishlist.Mutation,
  ...notification.Mutation,
  retryUsersDeadLetters: async (_root, { input }, ctx) => ({
    retriedIds: await retryDeadLetters(ctx, 'users', input.ids),
    userErrors: [],
  }),
};

export const resolvers: Resolvers = {
  Query,
  Mutation,
  User: user.User,
  Session: session.Session,
  WishlistConnection: wishlist.WishlistConnection,
  WishlistEdge: wishlist.WishlistEdge,
  Notification: notification.Notification,
  Order: mail.Order,
};
