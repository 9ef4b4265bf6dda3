/** Who may read and call what of users. */
import { every, owner, type Policy } from '../shared/policy.js';
import type { Address } from './address/rules.js';
import type { Notification } from './notification/rules.js';
import type { User } from './user/rules.js';

const self = owner<User>((user) => user.id, 'users:read');

export const policy: Policy = {
  Query: {
    me: 'public', // null for whoever is not signed in
    user: 'public', // null for what the viewer may not see
    users: 'staff:users:read',
    auditLog: 'staff:users:read',
    usersDeadLetters: 'staff:events:read',
    ...every('internal', ['signingKeys', 'customerAddress']),
  },
  Mutation: {
    ...every('public', ['signInAsGuest', 'signInToOrder', 'register', 'signIn', 'refreshSession']),
    signOut: 'customer',
    ...every('user', [
      'updateProfile',
      'updatePreferences',
      'saveAddress',
      'removeAddress',
      'addToWishlist',
      'removeFromWishlist',
      'markNotificationsRead',
      'changePassword',
      'deleteMyAccount',
    ]),
    ...every('staff:users:write', ['assignRoles', 'createCustomer']),
    createUser: 'internal',
    retryUsersDeadLetters: 'staff:events:retry',
  },
  User: {
    ...every('public', ['id', 'displayName']),
    ...every(self, [
      'username',
      'email',
      'firstName',
      'lastName',
      'phone',
      'dateOfBirth',
      'avatarUrl',
      'locale',
      'currencyCode',
      'preferences',
      'roles',
      'addresses',
      'wishlist',
      'notifications',
      'unreadNotificationCount',
      'version',
      'createdAt',
      'updatedAt',
    ]),
  },
  // Whoever may read the field that leads there may read these.
  Preferences: every('public', ['email', 'sms', 'push', 'marketing', 'theme', 'timeZone']),
  Address: every(
    owner<Address>((address) => address.userId, 'users:read'),
    [
      'id',
      'type',
      'isDefault',
      'firstName',
      'lastName',
      'company',
      'line1',
      'line2',
      'city',
      'state',
      'postalCode',
      'country',
      'phone',
    ],
  ),
  CustomerAddress: every('internal', [
    'firstName',
    'lastName',
    'company',
    'line1',
    'line2',
    'city',
    'state',
    'postalCode',
    'country',
    'phone',
  ]),
  Notification: every(
    owner<Notification>((notification) => notification.userId, 'users:read'),
    ['id', 'type', 'message', 'order', 'variant', 'createdAt', 'readAt'],
  ),
  AuditEntry: every('staff:users:read', [
    'id',
    'action',
    'userId',
    'actorKind',
    'actorId',
    'details',
    'correlationId',
    'occurredAt',
  ]),
  Session: every('public', ['accessToken', 'expiresAt', 'refreshToken', 'user']),
  ProductVariant: every('public', ['id']),
  Order: { id: 'public', mails: 'customer' },
  // Whoever may read an order's mails.
  OrderMail: every('public', ['type', 'sentAt']),
};
