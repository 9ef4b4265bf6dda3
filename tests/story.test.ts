/** The story of one order, from registration to refund, through the gateway over HTTP and a WebSocket. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from './testkit/client.js';
import {
  address,
  createGoods,
  createTerms,
  fillCart,
  mutate,
  signIn,
  signInGuest,
  signInStaff,
  type Goods,
} from './testkit/goods.js';
import { startTestShop, type TestShop } from './testkit/shop.js';

let shop: TestShop;
let staff: Client;
let goods: Goods;

beforeAll(async () => {
  shop = await startTestShop();
  staff = await signInStaff(shop, 'ADMIN');
  await createTerms(staff);
  goods = await createGoods(staff, { name: 'Brass lantern', prices: ['100.00', '50.00'], stock: 5 });
});
afterAll(() => shop.close());

interface OrderEvent {
  orderUpdated: {
    order: {
      status: string;
      items: { variant: { product: { name: string }; availability: { status: string } } }[];
      payments: { status: string }[];
    };
  };
}

const orderEvents = `subscription ($id: ID!) {
  orderUpdated(orderId: $id) {
    order {
      status
      items { variant { product { name } availability { status } } }
      payments { status }
    }
  }
}`;

/** Reads events until one is as wanted: how many there are in between is not promised. */
async function until<T>(stream: { next(): Promise<T> }, wanted: (event: T) => boolean): Promise<T> {
  for (;;) {
    const event = await stream.next();
    if (wanted(event)) return event;
  }
}

test('a customer registers, buys, watches the order live, cancels a line and gets the rest refunded', async () => {
  // Browse, search, see prices and stock without an account.
  const visitor = shop.visitor();
  const { product } = await visitor.data<{
    product: { name: string; variants: { price: unknown; availability: unknown }[] };
  }>(
    'query ($id: ID!) { product(id: $id) { name variants { price { current { amount formatted } } availability { status } } } }',
    { id: goods.productId },
  );
  expect(product).toEqual({
    name: 'Brass lantern',
    variants: [
      {
        price: { current: { amount: '100.00', formatted: '€100.00' } },
        availability: { status: 'IN_STOCK' },
      },
      { price: { current: { amount: '50.00', formatted: '€50.00' } }, availability: { status: 'IN_STOCK' } },
    ],
  });
  for (let i = 0; ; i += 1) {
    const { searchProducts } = await visitor.data<{ searchProducts: { nodes: { name: string }[] } }>(
      '{ searchProducts(query: "brass lantren") { nodes { name } } }',
    );
    if (searchProducts.nodes[0]?.name === 'Brass lantern') break;
    if (i === 100) throw new Error('The new product was not found within 10 s.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  // A guest's cart is kept when the guest registers.
  const guest = await signInGuest(shop);
  const [dear = '', cheap = ''] = goods.variantIds;
  await mutate(
    guest,
    'addToCart',
    { idempotencyKey: randomUUID(), lines: [{ variantId: dear, quantity: 1 }] },
    '',
  );
  const email = `anna.${randomUUID()}@example.com`;
  const { session } = await mutate<{ session: { accessToken: string } }>(
    guest,
    'register',
    {
      email,
      password: 'plenty of wind at sea',
      username: `anna_${randomUUID().slice(0, 8)}`,
      firstName: 'Anna',
      lastName: 'Kröger',
    },
    'session { accessToken }',
  );
  const anna = visitor.as(session.accessToken);
  await mutate(
    anna,
    'addToCart',
    { idempotencyKey: randomUUID(), lines: [{ variantId: cheap, quantity: 2 }] },
    '',
  );
  const { me } = await anna.data<{ me: { cart: { lines: { quantity: number }[] } } }>(
    '{ me { cart { lines { quantity } } } }',
  );
  expect(me.cart.lines.map((line) => line.quantity).sort()).toEqual([1, 2]);

  // Delivery and a promotion code.
  await mutate(
    staff,
    'createPromotion',
    {
      idempotencyKey: randomUUID(),
      code: 'TENOFF',
      name: '10 % off',
      kind: 'PERCENT',
      percentBasisPoints: 1000,
    },
    '',
  );
  interface WithCart {
    cart: {
      version: number;
      shippingOptions: { shippingMethod: { id: string } }[];
      totals: Record<string, { amount: string }>;
    };
  }
  const { cart: addressed } = await mutate<WithCart>(
    anna,
    'setCartDelivery',
    { email, shippingAddress: address, billingAddress: { ...address, line1: 'Breite Straße 1' } },
    'cart { version shippingOptions { shippingMethod { id } } }',
  );
  await mutate(
    anna,
    'setCartDelivery',
    { shippingMethodId: addressed.shippingOptions[0]?.shippingMethod.id },
    '',
  );
  const { cart } = await mutate<WithCart>(
    anna,
    'applyPromotionCode',
    { code: 'TENOFF' },
    'cart { version totals { subtotal { amount } discount { amount } shipping { amount } tax { amount } total { amount } } }',
  );
  expect(cart.totals).toEqual({
    subtotal: { amount: '200.00' },
    discount: { amount: '20.00' },
    shipping: { amount: '4.90' },
    tax: { amount: '29.52' },
    total: { amount: '184.90' },
  });

  // Place the order; a repeat with the same key gives the same order.
  const key = randomUUID();
  interface Placed {
    order: {
      id: string;
      number: string;
      status: string;
      total: { amount: string };
      items: { id: string; unitPrice: { amount: string } }[];
    };
  }
  const place = (): Promise<Placed> =>
    mutate(
      anna,
      'placeOrder',
      { idempotencyKey: key, expectedVersion: cart.version },
      'order { id number status total { amount } items { id unitPrice { amount } } }',
    );
  const { order } = await place();
  expect((await place()).order).toEqual(order);
  expect(order).toMatchObject({ status: 'PENDING', total: { amount: '184.90' } });

  // Pay it while a stream shows it; one event has fields of four subgraphs, the next changed values.
  const stream = anna.subscribe<OrderEvent>(orderEvents, { id: order.id });
  const first = await stream.next();
  const item = { variant: { product: { name: 'Brass lantern' }, availability: { status: 'IN_STOCK' } } };
  expect(first.orderUpdated.order).toEqual({ status: 'PENDING', items: [item, item], payments: [] });
  const { order: paid } = await mutate<Placed>(
    anna,
    'payOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, paymentMethodId: 'pm_card_visa' },
    'order { status }',
  );
  expect(paid.status).toBe('PAID');
  const second = await until(stream, (event) => event.orderUpdated.order.status === 'PAID');
  expect(second.orderUpdated.order).toEqual({
    status: 'PAID',
    items: [item, item],
    payments: [{ status: 'SUCCEEDED' }],
  });

  // Somebody else's order does not exist.
  const stranger = await signInGuest(shop);
  expect(await stranger.data('query ($id: ID!) { order(id: $id) { id } }', { id: order.id })).toEqual({
    order: null,
  });

  // Cancel one of two cheap ones: it is refunded.
  const cheapItem = order.items.find((one) => one.unitPrice.amount === '50.00')?.id ?? '';
  await mutate(
    anna,
    'cancelOrderLines',
    {
      idempotencyKey: randomUUID(),
      orderId: order.id,
      lines: [{ itemId: cheapItem, quantity: 1 }],
      reason: 'One is enough',
    },
    '',
  );
  const partly = await until(
    stream,
    (event) => event.orderUpdated.order.payments[0]?.status === 'PARTIALLY_REFUNDED',
  );
  expect(partly.orderUpdated.order.status).toBe('PAID');

  // In the account, with what was refunded: 50.00 less 10 %.
  const { me: account } = await anna.data<{
    me: { orders: { nodes: { id: string; refundedAmount: { amount: string } }[] } };
  }>('{ me { orders { nodes { id refundedAmount { amount } } } } }');
  expect(account.orders.nodes).toEqual([{ id: order.id, refundedAmount: { amount: '45.00' } }]);

  // Cancel the rest: everything is refunded, the stock is back.
  await mutate(
    anna,
    'cancelOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, reason: 'Changed my mind' },
    '',
  );
  const last = await until(stream, (event) => event.orderUpdated.order.status === 'REFUNDED');
  expect(last.orderUpdated.order.payments).toEqual([{ status: 'REFUNDED' }]);
  await stream.close();
  for (let i = 0; ; i += 1) {
    const { productVariant } = await staff.data<{
      productVariant: { stock: { onHand: number; reserved: number }[] };
    }>('query ($id: ID!) { productVariant(id: $id) { stock { onHand reserved } } }', { id: cheap });
    if (productVariant.stock[0]?.onHand === 5) {
      expect(productVariant.stock).toEqual([{ onHand: 5, reserved: 0 }]);
      break;
    }
    if (i === 100) throw new Error(`The stock did not come back: ${JSON.stringify(productVariant)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test('staff change a price and stock while shoppers watch, and ship and deliver an order', async () => {
  const own = await createGoods(staff, { prices: ['20.00'], stock: 3 });
  const [variantId = ''] = own.variantIds;
  const visitor = shop.visitor();
  const prices = visitor.subscribe<{
    priceChanged: { variant: { product: { id: string }; price: { current: { amount: string } } } };
  }>(
    'subscription ($ids: [ID!]!) { priceChanged(variantIds: $ids) { variant { product { id } price { current { amount } } } } }',
    { ids: [variantId] },
  );
  const stock = visitor.subscribe<{
    availabilityChanged: { variant: { sku: string; availability: { status: string } } };
  }>(
    'subscription ($ids: [ID!]!) { availabilityChanged(variantIds: $ids) { variant { sku availability { status } } } }',
    { ids: [variantId] },
  );
  expect((await prices.next()).priceChanged.variant.price.current.amount).toBe('20.00');
  expect((await stock.next()).availabilityChanged.variant).toEqual({
    sku: own.skus[0],
    availability: { status: expect.any(String) },
  });
  await mutate(
    staff,
    'setVariantPrices',
    { prices: [{ variantId, currencyCode: 'EUR', regular: '24.00' }] },
    '',
  );
  expect(
    (await until(prices, (event) => event.priceChanged.variant.price.current.amount === '24.00')).priceChanged
      .variant.product.id,
  ).toBe(own.productId);

  const guest = await signInGuest(shop);
  const ready = await fillCart(guest, [{ variantId, quantity: 3 }]);
  const { order } = await mutate<{ order: { id: string } }>(
    guest,
    'placeOrder',
    { idempotencyKey: randomUUID(), expectedVersion: ready.version },
    'order { id }',
  );
  await until(stock, (event) => event.availabilityChanged.variant.availability.status === 'OUT');
  await mutate(
    guest,
    'payOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, paymentMethodId: 'pm_card_visa' },
    '',
  );

  const { shipment } = await mutate<{ shipment: { id: string } }>(
    staff,
    'shipOrder',
    { idempotencyKey: randomUUID(), orderId: order.id, carrier: 'Hanse Post', trackingNumber: 'HP1' },
    'shipment { id } order { status }',
  );
  await mutate(staff, 'deliverShipment', { shipmentId: shipment.id }, '');
  const { order: delivered } = await guest.data<{
    order: { status: string; shipments: { trackingNumber: string }[] };
  }>('query ($id: ID!) { order(id: $id) { status shipments { trackingNumber } } }', { id: order.id });
  expect(delivered).toEqual({ status: 'DELIVERED', shipments: [{ trackingNumber: 'HP1' }] });
  await prices.close();
  await stock.close();
});

test('fifty guests who buy the last ten units at once get exactly ten', async () => {
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 10 });
  const [variantId = ''] = variantIds;
  const guests = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const guest = await signInGuest(shop);
      return { guest, version: (await fillCart(guest, [{ variantId, quantity: 1 }])).version };
    }),
  );
  const outcomes = await Promise.all(
    guests.map(async ({ guest, version }) => {
      const { placeOrder } = await guest.data<{
        placeOrder: { order: { id: string } | null; userErrors: { code: string }[] };
      }>(
        'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { code } } }',
        { input: { idempotencyKey: randomUUID(), expectedVersion: version } },
      );
      if (!placeOrder.order) return placeOrder.userErrors[0]?.code;
      const { order } = await mutate<{ order: { status: string } }>(
        guest,
        'payOrder',
        { idempotencyKey: randomUUID(), orderId: placeOrder.order.id, paymentMethodId: 'pm_card_visa' },
        'order { status }',
      );
      return order.status;
    }),
  );
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome ?? 'nothing'] = (counts[outcome ?? 'nothing'] ?? 0) + 1;
  expect(counts).toEqual({ PAID: 10, INSUFFICIENT_STOCK: 40 });
});

test('signing in again keeps what is in the cart', async () => {
  const { variantIds } = await createGoods(staff, { prices: ['10.00'], stock: 10 });
  const email = `ole.${randomUUID()}@example.com`;
  const password = 'three ships in a row';
  await mutate(
    shop.visitor(),
    'register',
    { email, password, username: `ole_${randomUUID().slice(0, 8)}`, firstName: 'Ole', lastName: 'Hansen' },
    '',
  );
  const guest = await signInGuest(shop);
  await mutate(
    guest,
    'addToCart',
    { idempotencyKey: randomUUID(), lines: [{ variantId: variantIds[0], quantity: 2 }] },
    '',
  );
  const ole = await signIn(shop, email, password, guest);
  const { cart } = await ole.data<{ cart: { lines: { quantity: number }[] } }>(
    '{ cart { lines { quantity } } }',
  );
  expect(cart.lines).toEqual([{ quantity: 2 }]);
});
