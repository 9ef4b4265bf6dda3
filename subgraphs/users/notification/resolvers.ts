import { withUserErrors } from '../../shared/errors.js';
import type { MutationResolvers, NotificationResolvers } from '../resolver-types.generated.js';
import { messageOf } from './rules.js';
import { markNotificationsRead } from './service.js';

export const Mutation = {
  markNotificationsRead: (_root, { input }, ctx) => withUserErrors(() => markNotificationsRead(ctx, input)),
} satisfies Partial<MutationResolvers>;

export const Notification = {
  message: async (notification, _parameters, ctx) =>
    messageOf(notification, (await ctx.loaders.userById.load(notification.userId))?.locale ?? ctx.locale),
  order: ({ orderId }) => (orderId ? { id: orderId } : null),
  variant: ({ variantId }) => (variantId ? { id: variantId } : null),
} satisfies NotificationResolvers;
