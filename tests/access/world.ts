/** A shop in which three customers have everything that a customer can have, each with words found nowhere else. */
import { randomInt, randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { Client } from '../testkit/client.js';
import { createGoods, createTerms, mutate, signInStaff, type Goods } from '../testkit/goods.js';
import { startTestShop, type TestShop } from '../testkit/shop.js';
import type { Values } from './documents.js';

export interface Customer {
  id: string;
  client: Client;
  /** One in every field that is this customer's alone. */
  canaries: string[];
  /** Tokens, the password, what staff noted for themselves: shown to no customer. */
  secrets: string[];
  /** A note at their order that only staff may read. */
  staffNote: string;
  /** Arguments that name what is this customer's: ids, keys, numbers. */
  values: Values;
}

export interface World {
  shop: TestShop;
  staff: Client;
  /** A registered customer, whom the others try to reach. */
  victim: Customer;
  other: Customer;
  guest: Customer;
  /** What belongs to nobody: goods and where they are. */
  shared: Values;
  /** Ids of the victim's things and of the shop's, by the name of their type. */
  entities: Readonly<Record<string, string>>;
}

const letters = (): string =>
  Array.from({ length: 12 }, () => String.fromCharCode(97 + randomInt(26))).join('');
const key = randomUUID;

/** Makes words that are found nowhere else and keeps them. */
function createCanaries() {
  const made: string[] = [];
  const keep = (text: string): string => (made.push(text), text);
  return {
    made,
    keep,
    word: () => keep(`Canary${letters()}`),
    phone: () => keep(`+4930${randomInt(1_000_000, 9_999_999)}`),
    email: () => keep(`canary.${letters()}@example.com`),
    address: () => ({
      firstName: keep(`Canary${letters()}`),
      lastName: keep(`Canary${letters()}`),
      company: keep(`Canary${letters()}`),
      line1: keep(`Canary${letters()} 4`),
      line2: keep(`Canary${letters()}`),
      city: keep(`Canary${letters()}`),
      postalCode: String(randomInt(10_000, 99_999)),
      country: 'DE',
      phone: keep(`+4930${randomInt(1_000_000, 9_999_999)}`),
    }),
  };
}
type Canaries = ReturnType<typeof createCanaries>;

interface Session {
  accessToken: string;
  refreshToken: string;
}

type Account = Pick<Customer, 'id' | 'client' | 'secrets' | 'values'>;

function accountOf(shop: TestShop, { accessToken, refreshToken }: Session, values: Values = {}): Account {
  const id = String(decodeJwt(accessToken).sub);
  return { id, client: shop.visitor().as(accessToken), secrets: [accessToken, refreshToken], values };
}

/** A registered user with a profile, an address, a wish and a saved card. */
async function createAccount(shop: TestShop, goods: Goods, canaries: Canaries): Promise<Account> {
  const password = letters();
  const { session } = await mutate<{ session: Session }>(
    shop.visitor(),
    'register',
    {
      idempotencyKey: key(),
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
    { idempotencyKey: key(), ...canaries.address() },
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
    { idempotencyKey: key(), productId: goods.productId, rating: 5, title: 'Good', body: 'Bright.' },
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
async function createGuest(shop: TestShop): Promise<Account> {
  const { signInAsGuest } = await shop
    .visitor()
    .data<{ signInAsGuest: { session: Session } }>(
      'mutation { signInAsGuest { session { accessToken refreshToken } } }',
    );
  return accountOf(shop, signInAsGuest.session);
}

async function fill(
  client: Client,
  goods: Goods,
  canaries: Canaries,
): Promise<{ id: string; version: number }> {
  const lines = goods.variantIds.map((variantId) => ({ variantId, quantity: 2 }));
  await mutate(client, 'addToCart', { idempotencyKey: key(), lines }, '');
  const { cart } = await mutate<{ cart: { shippingOptions: { shippingMethod: { id: string } }[] } }>(
    client,
    'setCartDelivery',
    { email: canaries.email(), shippingAddress: canaries.address(), billingAddress: canaries.address() },
    'cart { shippingOptions { shippingMethod { id } } }',
  );
  const shippingMethodId = cart.shippingOptions[0]?.shippingMethod.id;
  await mutate(client, 'setCartDelivery', { shippingMethodId }, '');
  const applied = await mutate<{ cart: { id: string; version: number } }>(
    client,
    'applyPromotionCode',
    { code: 'CANARY' },
    'cart { id version }',
  );
  return applied.cart;
}

interface Ordered {
  id: string;
  number: string;
  items: { id: string }[];
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The payment that succeeded; its refund is made by a consumer: waits for it. */
async function refundedPaymentId(client: Client, orderId: string): Promise<string> {
  for (let i = 0; i < 100; i += 1) {
    const { order } = await client.data<{ order: { payments: { id: string; refunds: unknown[] }[] } }>(
      'query ($id: ID!) { order(id: $id) { payments { id refunds { id } } } }',
      { id: orderId },
    );
    const refunded = order.payments.find(({ refunds }) => refunds.length > 0);
    if (refunded) return refunded.id;
    await pause(100);
  }
  throw new Error('The cancelled line was not refunded within 10 s.');
}

/** An order that was declined once, paid, partly cancelled, partly shipped, and noted upon; then a new cart. */
async function createOrder(
  client: Client,
  staff: Client,
  goods: Goods,
  canaries: Canaries,
): Promise<{ cancelReason: string; staffNote: string; order: Values }> {
  const [cancelReason, staffNote] = [`Reason ${letters()}`, `Note ${letters()}`];
  const keys = { place: key(), pay: key(), cancel: key() };
  const { version } = await fill(client, goods, canaries);
  const { order } = await mutate<{ order: Ordered }>(
    client,
    'placeOrder',
    { idempotencyKey: keys.place, expectedVersion: version },
    'order { id number items { id } }',
  );
  canaries.keep(order.number);
  const orderId = order.id;
  await client.data('mutation ($input: PayOrderInput!) { payOrder(input: $input) { userErrors { code } } }', {
    input: { idempotencyKey: key(), orderId, paymentMethodId: 'pm_card_chargeDeclined' },
  });
  await mutate(
    client,
    'payOrder',
    { idempotencyKey: keys.pay, orderId, paymentMethodId: 'pm_card_visa' },
    '',
  );
  const [cancelled, shipped] = order.items.map(({ id }) => ({ itemId: id, quantity: 1 }));
  await mutate(
    client,
    'cancelOrderLines',
    { idempotencyKey: keys.cancel, orderId, lines: [cancelled], reason: cancelReason },
    '',
  );
  const { shipment } = await mutate<{ shipment: { id: string } }>(
    staff,
    'shipOrder',
    {
      idempotencyKey: key(),
      orderId,
      lines: [shipped],
      carrier: 'Hanse Post',
      trackingNumber: canaries.word(),
    },
    'shipment { id }',
  );
  const note = { orderId, text: canaries.word(), visibleToCustomer: true };
  await mutate(staff, 'addOrderNote', { idempotencyKey: key(), ...note }, '');
  await mutate(staff, 'addOrderNote', { idempotencyKey: key(), orderId, text: staffNote }, '');
  const cart = await fill(client, goods, canaries);
  const paymentId = await refundedPaymentId(client, orderId);
  const values = {
    orderId,
    itemId: cancelled?.itemId ?? '',
    paymentId,
    shipmentId: shipment.id,
    'Query.order.id': orderId,
    'Query.orderForMail.id': orderId,
    'Query.payment.id': paymentId,
    'OrderFilter.number': order.number,
    'PlaceOrderInput.idempotencyKey': keys.place,
    'PlaceOrderInput.expectedVersion': cart.version,
    'PayOrderInput.idempotencyKey': keys.pay,
    'CancelOrderLinesInput.idempotencyKey': keys.cancel,
  };
  return { cancelReason, staffNote, order: values };
}

/** Consumers write these: waits for them, so that nothing of it comes in between later. */
async function notificationIds(client: Client): Promise<string[]> {
  for (let i = 0; i < 100; i += 1) {
    const { me } = await client.data<{ me: { notifications: { nodes: { id: string; type: string }[] } } }>(
      '{ me { notifications { nodes { id type } } } }',
    );
    const { nodes } = me.notifications;
    if (nodes.some((one) => one.type === 'ORDER_SHIPPED')) return nodes.map(({ id }) => id);
    await pause(100);
  }
  throw new Error('The notification of the shipment did not come within 10 s.');
}

async function createCustomer(
  kind: 'user' | 'guest',
  { shop, staff, goods }: { shop: TestShop; staff: Client; goods: Goods },
): Promise<Customer> {
  const canaries = createCanaries();
  const account = kind === 'user' ? await createAccount(shop, goods, canaries) : await createGuest(shop);
  const { id, client } = account;
  const { order, staffNote, cancelReason } = await createOrder(client, staff, goods, canaries);
  const values = {
    ...account.values,
    ...order,
    userId: id,
    customerId: id,
    'Query.user.id': id,
    'MarkNotificationsReadInput.ids': kind === 'user' ? await notificationIds(client) : [],
  };
  const secrets = [...account.secrets, staffNote, cancelReason];
  return { ...account, canaries: canaries.made, secrets, staffNote, values };
}

/** Goods with everything that a product can have. */
async function createWholeGoods(staff: Client): Promise<{ goods: Goods; ids: Record<string, string> }> {
  const goods = await createGoods(staff, { prices: ['700.00', '50.00'], stock: 1_000 });
  interface Made {
    category: { id: string };
  }
  const parent = await mutate<Made>(
    staff,
    'createCategory',
    { idempotencyKey: key(), name: `Light ${letters()}` },
    'category { id }',
  );
  const { category } = await mutate<Made>(
    staff,
    'createCategory',
    { idempotencyKey: key(), name: `Lamps ${letters()}`, parentId: parent.category.id },
    'category { id }',
  );
  const { product } = await staff.data<{ product: { version: number; brand: { id: string } } }>(
    'query ($id: ID!) { product(id: $id) { version brand { id } } }',
    { id: goods.productId },
  );
  await mutate(
    staff,
    'updateProduct',
    {
      id: goods.productId,
      expectedVersion: product.version,
      categoryId: category.id,
      images: [{ url: 'https://example.com/lamp.png', alt: 'A lamp' }],
      attributes: [{ name: 'Material', value: 'Brass' }],
    },
    '',
  );
  const { warehouse } = await staff.data<{ warehouse: { version: number } }>(
    'query ($id: ID!) { warehouse(id: $id) { version } }',
    { id: goods.warehouseId },
  );
  await mutate(
    staff,
    'updateWarehouse',
    {
      id: goods.warehouseId,
      expectedVersion: warehouse.version,
      contact: { email: 'kai@example.com', phone: '+494511234567' },
      hours: [{ day: 'MONDAY', opens: '08:00', closes: '17:00' }],
      capacity: { total: 5_000, unit: 'PIECES' },
    },
    '',
  );
  return { goods, ids: { Category: category.id, Brand: product.brand.id } };
}

/** Starts a shop and fills it; close its `shop` in the end. */
export async function createWorld(): Promise<World> {
  const shop = await startTestShop();
  const staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  await mutate(
    staff,
    'createPromotion',
    {
      idempotencyKey: key(),
      code: 'CANARY',
      name: '10 % off',
      kind: 'PERCENT',
      percentBasisPoints: 1_000,
    },
    '',
  );
  const { goods, ids } = await createWholeGoods(staff);
  // Something to recommend beside them.
  await createGoods(staff, { prices: ['20.00'], stock: 10 });
  const [victim, other, guest] = await Promise.all(
    (['user', 'user', 'guest'] as const).map((kind) => createCustomer(kind, { shop, staff, goods })),
  );
  if (!victim || !other || !guest) throw new Error('Three customers were to be made.');
  const variantId = goods.variantIds[0] ?? '';
  const { productId, warehouseId } = goods;
  return {
    shop,
    staff,
    victim,
    other,
    guest,
    shared: {
      variantId,
      productId,
      warehouseId,
      variantIds: [variantId],
      code: 'CANARY',
      'Query.variantsForSale.ids': goods.variantIds,
      'Query.product.id': productId,
      'Query.productVariant.id': variantId,
      'Query.category.id': ids['Category'],
      'Query.warehouse.id': warehouseId,
      'Query.searchProducts.query': 'lamp',
      'Query.searchSuggestions.prefix': 'lam',
    },
    entities: {
      ...ids,
      User: victim.id,
      Order: String(victim.values['orderId']),
      Payment: String(victim.values['paymentId']),
      Product: productId,
      ProductVariant: variantId,
      Warehouse: warehouseId,
      Review: String(victim.values['reviewId']),
    },
  };
}
