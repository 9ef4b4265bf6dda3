/** A wishlist: variants that a user wants to remember. */
import type { Connection, Edge } from '../../shared/pages.js';

export interface WishlistItem {
  userId: string;
  variantId: string;
  addedAt: Date;
}

export const maxWishlistItems = 500;

export type WishlistPage = Connection<WishlistItem>;
export type WishlistEdge = Edge<WishlistItem>;
