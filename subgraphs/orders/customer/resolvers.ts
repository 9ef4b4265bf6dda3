import { withUserErrors } from '../../shared/errors.js';
import { cartOfCustomer } from '../cart/service.js';
import { ordersOfCustomer } from '../order/service.js';
import type { MutationResolvers, UserResolvers } from '../resolver-types.generated.js';
import { mergeGuestCart } from './service.js';

export const Mutation = {
  mergeGuestCart: (_parent, { input }, ctx) => withUserErrors(() => mergeGuestCart(ctx, input)),
} satisfies Partial<MutationResolvers>;

export const User: UserResolvers = {
  __resolveReference: async ({ id }) => ({ id }),
  cart: (user, _args, ctx) => cartOfCustomer(ctx, user.id),
  orders: (user, page, ctx) => ordersOfCustomer(ctx, user.id, page),
};
