/** GraphQL type -> our type, for the generated resolver types. */
export const mappers: Record<string, string> = {
  User: './user/rules.js#User',
  Role: './user/rules.js#RoleName',
  Session: './session/rules.js#Session',
  Address: './address/rules.js#Address',
  CustomerAddress: './address/rules.js#AddressDetails',
  Notification: './notification/rules.js#Notification',
  WishlistConnection: './wishlist/rules.js#WishlistPage',
  WishlistEdge: './wishlist/rules.js#WishlistEdge',
  OrderMail: './mail/sent.js#OrderMail',
  AuditEntry: './audit/rules.js#AuditEntry',
};
