import { randomBytes } from 'node:crypto';
import type { Caller } from '../shared/caller.js';
import { createBaseContext, type BaseContext, type Parts } from '../shared/parts.js';
import type { Vault } from '../shared/vault.js';
import type { AddressLoaders } from './address/loaders.js';
import { createAddressLoaders } from './address/loaders.js';
import type { PasswordHasher } from './credentials/hasher.js';
import type { MailTransport } from './mail/rules.js';
import { createMailLoaders, type MailLoaders } from './mail/sent.js';
import { createNotificationLoaders, type NotificationLoaders } from './notification/loaders.js';
import type { Prisma, PrismaClient } from './prisma.generated/client.js';
import type { SigningKeys } from './signing-key/service.js';
import type { NextRefreshToken } from './session/next-token.js';
import { createUserLoaders, type UserLoaders } from './user/loaders.js';
import { createWishlistLoaders, type WishlistLoaders } from './wishlist/loaders.js';

export type Db = PrismaClient | Prisma.TransactionClient;

export type Loaders = UserLoaders & AddressLoaders & WishlistLoaders & NotificationLoaders & MailLoaders;

export interface Context extends BaseContext {
  db: Db;
  vault: Vault;
  hasher: PasswordHasher;
  signingKeys: SigningKeys;
  mail: MailTransport;
  nextRefreshToken: NextRefreshToken;
  /** 32 bytes that nobody can foresee. */
  newSecret: () => Buffer;
  loaders: Loaders;
}

/** What all requests of the process share. */
export interface Dependencies {
  db: PrismaClient;
  vault: Vault;
  hasher: PasswordHasher;
  signingKeys: SigningKeys;
  nextRefreshToken: NextRefreshToken;
  mail: MailTransport;
}

export function createContext(parts: Parts, dependencies: Dependencies, caller: Caller): Context {
  const base = { ...createBaseContext(parts, 'users', caller), ...dependencies };
  return {
    ...base,
    newSecret: () => randomBytes(32),
    loaders: {
      ...createUserLoaders(base),
      ...createAddressLoaders(base),
      ...createWishlistLoaders(base),
      ...createNotificationLoaders(base),
      ...createMailLoaders(base),
    },
  };
}
