/** Names by which the replay finds what the import has made. */

/** Code of the way of shipping that goes to every country of the file. */
export const shippingCode = 'retailer-standard';
