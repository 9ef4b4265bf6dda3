import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers, NotificationResolvers } from '../resolver-types.generated.js';
import { messageOf } from './rules.js';
import { markNotificationsRead } from './service.js';

export const Mutation = {
  markNotificationsRead: (_root, { input }, ctx) => withUserErrors(() => markNotificationsRead(ctx, input)),
} satisfies Partial<MutationResolvers>;

export const Notification = {
  message: async ({ type, userId }, _parameters, ctx) =>
    messageOf(type, (await ctx.loaders.userById.load(userId))?.locale ?? ctx.locale),
  order: ({ orderId }) => (orderId ? { id: orderId } : null),
  variant: ({ variantId }) => (variantId ? { id: variantId } : null),
} satisfies NotificationResolvers;
