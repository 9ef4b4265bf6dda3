import { withUserErrors } from '../../shared/errors.js';
import type {
  MutationResolvers,
  WishlistConnectionResolvers,
  WishlistEdgeResolvers,
} from '../resolver-types.generated.js';
import { addToWishlist, removeFromWishlist } from './service.js';

export const Mutation = {
  addToWishlist: (_root, { input }, ctx) => withUserErrors(() => addToWishlist(ctx, input)),
  removeFromWishlist: (_root, { input }, ctx) => withUserErrors(() => removeFromWishlist(ctx, input)),
} satisfies Partial<MutationResolvers>;

export const WishlistConnection = {
  nodes: ({ nodes }) => nodes.map(({ variantId }) => ({ id: variantId })),
} satisfies WishlistConnectionResolvers;

export const WishlistEdge = {
  node: ({ node }) => ({ id: node.variantId }),
  addedAt: ({ node }) => node.addedAt,
} satisfies WishlistEdgeResolvers;
