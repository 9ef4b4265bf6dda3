import { withUserErrors } from '../../shared/errors.js';
import { addressesOf } from '../address/service.js';
import { notificationsOf, unreadNotificationCountOf } from '../notification/service.js';
import type { MutationResolvers, QueryResolvers, UserResolvers } from '../resolver-types.generated.js';
import { wishlistOf } from '../wishlist/service.js';
import { roleName, roleOfName } from './rules.js';
import { assignRoles, me, updatePreferences, updateProfile, user, users } from './service.js';

export const Query = {
  me: (_root, _parameters, ctx) => me(ctx),
  user: (_root, { id }, ctx) => user(ctx, id),
  users: (_root, parameters, ctx) => users(ctx, parameters),
} satisfies Partial<QueryResolvers>;

export const Mutation = {
  updateProfile: (_root, { input }, ctx) => withUserErrors(() => updateProfile(ctx, input)),
  updatePreferences: (_root, { input }, ctx) => withUserErrors(() => updatePreferences(ctx, input)),
  assignRoles: (_root, { input }, ctx) =>
    withUserErrors(() => assignRoles(ctx, { userId: input.userId, roles: input.roles.map(roleOfName) })),
} satisfies Partial<MutationResolvers>;

export const User = {
  __resolveReference: async ({ id }, ctx) => ctx.loaders.userById.load(id),
  displayName: ({ username }) => username,
  roles: ({ roles }) => roles.map(roleName),
  addresses: ({ id }, _parameters, ctx) => addressesOf(ctx, id),
  wishlist: ({ id }, parameters, ctx) => wishlistOf(ctx, id, parameters),
  notifications: ({ id }, parameters, ctx) => notificationsOf(ctx, id, parameters),
  unreadNotificationCount: ({ id }, _parameters, ctx) => unreadNotificationCountOf(ctx, id),
} satisfies UserResolvers;
