/**
 * Sent as a value with the cart's key: written out, it lets Postgres choose the index of the open carts, which is the
 * smallest in a new shop, and read all of them for one as long as the connection keeps that plan.
 */
export const openCart = 'OPEN';
