/** A customer's account, with all that an account can hold. */
import { randomInt, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { Client } from '../../testkit/client.js';
import { mutate, type Goods } from '../../testkit/goods.js';
import type { TestShop } from '../../testkit/shop.js';
import type { Values } from '../documents.js';
import { letters, type Canaries } from './canaries.js';

export interface Account {
  id: string;
  client: Client;
  /** Tokens, the password, what staff noted for themselves: shown to no customer. */
  secrets: string[];
  /** Arguments that name what is this customer's: ids, keys, numbers. */
  values: Values;
}

interface Session {
  accessToken: string;
  refreshToken: string;
}

function accountOf(shop: TestShop, { accessToken, refreshToken }: Session, values: Values = {}): Account {
  const id = String(decodeJwt(accessToken).sub);
  return { id, client: shop.visitor().as(accessToken), secrets: [accessToken, refreshToken], values };
}

/** A registered user with a profile, an address, a wish and a saved card. */
export async function createAccount(shop: TestShop, goods: Goods, canaries: Canaries): Promise<Account> {
  const password = letters();
  const { session } = await mutate<{ session: Session }>(
    shop.visitor(),
    'register',
    {
      idempotencyKey: randomUUID(),
      email: canaries.email(),
      password,
      // Shown to everybody as the displayName.
      username: letters(),
      firstName: canaries.word(),
      lastName: canaries.word(),
    },
    'session { accessToken refreshToken }',
  );
  const account = accountOf(shop, session);
  const { client } = account;
  const birth = canaries.keep(`19${randomInt(10, 40)}-0${randomInt(1, 9)}-${randomInt(10, 28)}`);
  const avatarUrl = canaries.keep(`https://example.com/${letters()}.png`);
  await mutate(client, 'updateProfile', { phone: canaries.phone(), dateOfBirth: birth, avatarUrl }, '');
  await mutate(client, 'updatePreferences', { theme: 'DARK' }, '');
  const { address } = await mutate<{ address: { id: string } }>(
    client,
    'saveAddress',
    { idempotencyKey: randomUUID(), ...canaries.address() },
    'address { id }',
  );
  await mutate(client, 'addToWishlist', { variantId: goods.variantIds[0] }, '');
  const { paymentMethod } = await mutate<{ paymentMethod: { id: string } }>(
    client,
    'savePaymentMethod',
    { paymentMethodId: 'pm_card_visa' },
    'paymentMethod { id }',
  );
  const { review } = await mutate<{ review: { id: string } }>(
    client,
    'addReview',
    { idempotencyKey: randomUUID(), productId: goods.productId, rating: 5, title: 'Good', body: 'Bright.' },
    'review { id }',
  );
  return {
    ...account,
    secrets: [...account.secrets, password],
    values: {
      reviewId: review.id,
      'Query.customerAddress.addressId': address.id,
      'SaveAddressInput.id': address.id,
      'RemoveAddressInput.id': address.id,
      'RemovePaymentMethodInput.paymentMethodId': paymentMethod.id,
      'PayOrderInput.paymentMethodId': paymentMethod.id,
    },
  };
}

/** A guest, who has no account to fill. */
export async function createGuest(shop: TestShop): Promise<Account> {
  const { signInAsGuest } = await shop
    .visitor()
    .data<{ signInAsGuest: { session: Session } }>(
      'mutation { signInAsGuest { session { accessToken refreshToken } } }',
    );
  return accountOf(shop, signInAsGuest.session);
}
