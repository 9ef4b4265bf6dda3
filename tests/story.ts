/**
 * The story of one order, from registration to refund, told with the typed client over HTTP and a WebSocket; the same for a
 * shop in one process and for one of many.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accepted, type Client } from '../client/client.js';
import { GraphQLRequestError } from '../client/errors.js';
import type { LiveEvents } from '../client/live.js';
import {
  AddToCartDocument,
  ApplyPromotionCodeDocument,
  AvailabilityChangedDocument,
  CancelOrderDocument,
  CancelOrderLinesDocument,
  CartDocument,
  CreatePromotionDocument,
  DeliverShipmentDocument,
  MyOrdersDocument,
  OrderDocument,
  OrderUpdatedDocument,
  PayOrderDocument,
  PlaceOrderDocument,
  PriceChangedDocument,
  ProductDocument,
  RegisterDocument,
  SearchProductsDocument,
  SetCartDeliveryDocument,
  SetVariantPricesDocument,
  ShipOrderDocument,
  SignInAsGuestDocument,
  SignInDocument,
  StockDocument,
  type AddToCartMutation,
  type SetCartDeliveryInput,
} from '../client/operations.generated.js';
import type { Client as TestClient } from './testkit/client.js';
import { address, createGoods, createTerms, signInStaff, type Goods } from './testkit/goods.js';
import type { StoryShop } from './testkit/story-shop.js';
import { eventually } from './testkit/eventually.js';

type Cart = NonNullable<AddToCartMutation['addToCart']['cart']>;

export function tellStory(startShop: () => Promise<StoryShop>): void {
  let shop: StoryShop;
  let visitor: Client;
  let staff: Client;
  /** Makes what a story sells. */
  let stocker: TestClient;
  let goods: Goods;

  beforeAll(async () => {
    shop = await startShop();
    visitor = shop.visitor().typed;
    stocker = await signInStaff(shop, 'ADMIN');
    staff = stocker.typed;
    await createTerms(stocker);
    goods = await createGoods(stocker, { name: 'Brass lantern', prices: ['100.00', '50.00'], stock: 5 });
  });
  afterAll(() => shop.close());

  /** Reads events until one is as wanted: how many there are in between is not promised. */
  async function until<T>(events: LiveEvents<T>, wanted: (event: T) => boolean): Promise<T> {
    for (;;) {
      const { done, value } = await events.next();
      if (done) throw new Error('The events ended.');
      if (wanted(value)) return value;
    }
  }

  /** As the message has it: "Try again, with the same keys." Fifty at once may be too many for a machine that is busy. */
  async function persistently<T>(ask: () => Promise<T>): Promise<T> {
    const { answer } = await eventually(async () => {
      try {
        return { answer: await ask() };
      } catch (error) {
        if (error instanceof GraphQLRequestError && error.code === 'SERVICE_UNAVAILABLE') return undefined;
        throw error;
      }
    });
    return answer;
  }

  async function signInGuest(): Promise<Client> {
    const { signInAsGuest } = await persistently(() => visitor.mutate(SignInAsGuestDocument));
    return visitor.as(accepted(signInAsGuest, 'session').accessToken);
  }

  async function addToCart(customer: Client, variantId: string, quantity: number): Promise<Cart> {
    const input = { idempotencyKey: randomUUID(), lines: [{ variantId, quantity }] };
    const { addToCart: added } = await persistently(() => customer.mutate(AddToCartDocument, { input }));
    return accepted(added, 'cart');
  }

  /** Says where the cart goes, and takes the first way of shipping. */
  async function chooseDelivery(
    customer: Client,
    delivery: { email: string; billingAddress?: typeof address },
  ): Promise<Cart> {
    const set = (input: SetCartDeliveryInput) =>
      persistently(() => customer.mutate(SetCartDeliveryDocument, { input }));
    const addressed = await set({ ...delivery, shippingAddress: address });
    const [option] = accepted(addressed.setCartDelivery, 'cart').shippingOptions;
    const chosen = await set({ shippingMethodId: option?.shippingMethod.id });
    return accepted(chosen.setCartDelivery, 'cart');
  }

  const place = (customer: Client, { version }: Cart, idempotencyKey: string = randomUUID()) =>
    customer.mutate(PlaceOrderDocument, { input: { idempotencyKey, expectedVersion: version } });

  async function pay(customer: Client, orderId: string): Promise<{ status: string }> {
    const input = { idempotencyKey: randomUUID(), orderId, paymentMethodId: 'pm_card_visa' };
    const { payOrder } = await persistently(() => customer.mutate(PayOrderDocument, { input }));
    return accepted(payOrder, 'order');
  }

  const newCustomer = (firstName: string, lastName: string) => ({
    idempotencyKey: randomUUID(),
    email: `${firstName.toLowerCase()}.${randomUUID()}@example.com`,
    password: 'plenty of wind at sea',
    username: `${firstName.toLowerCase()}_${randomUUID().slice(0, 8)}`,
    firstName,
    lastName,
  });

  test('a customer registers, buys, watches the order live, cancels a line and gets the rest refunded', async () => {
    // Browse, search, see prices and stock without an account.
    const { product } = await visitor.query(ProductDocument, { id: goods.productId });
    expect(product).toMatchObject({
      name: 'Brass lantern',
      variants: [
        {
          price: { current: { amount: '100.00', formatted: '€100.00' } },
          availability: { status: 'IN_STOCK' },
        },
        {
          price: { current: { amount: '50.00', formatted: '€50.00' } },
          availability: { status: 'IN_STOCK' },
        },
      ],
    });
    const misspelt = { query: 'brass lantren' };
    await eventually(
      () => visitor.query(SearchProductsDocument, misspelt),
      ({ searchProducts }) => searchProducts.nodes[0]?.name === 'Brass lantern',
    );

    // A guest's cart is kept when the guest registers.
    const guest = await signInGuest();
    const [dear = '', cheap = ''] = goods.variantIds;
    await addToCart(guest, dear, 1);
    const registration = newCustomer('Anna', 'Kröger');
    const { register } = await guest.mutate(RegisterDocument, { input: registration });
    const anna = visitor.as(accepted(register, 'session').accessToken);
    const filled = await addToCart(anna, cheap, 2);
    expect(filled.lines.map((line) => line.quantity).sort()).toEqual([1, 2]);

    // Delivery and a promotion code.
    const tenOff = { code: 'TENOFF', name: '10 % off', kind: 'PERCENT', percentBasisPoints: 1000 } as const;
    const { createPromotion } = await staff.mutate(CreatePromotionDocument, {
      input: { idempotencyKey: randomUUID(), ...tenOff },
    });
    accepted(createPromotion, 'promotion');
    const billingAddress = { ...address, line1: 'Breite Straße 1' };
    await chooseDelivery(anna, { email: registration.email, billingAddress });
    const { applyPromotionCode } = await anna.mutate(ApplyPromotionCodeDocument, {
      input: { code: 'TENOFF' },
    });
    const cart = accepted(applyPromotionCode, 'cart');
    expect(cart.totals).toMatchObject({
      subtotal: { amount: '200.00' },
      discount: { amount: '20.00' },
      shipping: { amount: '4.90' },
      tax: { amount: '29.52' },
      total: { amount: '184.90' },
    });

    // Place the order; a repeat with the same key gives the same order.
    const key = randomUUID();
    const order = accepted((await place(anna, cart, key)).placeOrder, 'order');
    expect(accepted((await place(anna, cart, key)).placeOrder, 'order')).toEqual(order);
    expect(order).toMatchObject({ status: 'PENDING', total: { amount: '184.90' } });

    // Pay it while a stream shows it; one event has fields of four subgraphs, the next changed values.
    const events = anna.subscribe(OrderUpdatedDocument, { orderId: order.id });
    const item = expect.objectContaining({
      variant: expect.objectContaining({
        product: { id: goods.productId, name: 'Brass lantern' },
        availability: { status: 'IN_STOCK' },
      }),
    });
    const { value: first } = await events.next();
    expect(first?.orderUpdated.order).toMatchObject({ status: 'PENDING', items: [item, item], payments: [] });
    expect((await pay(anna, order.id)).status).toBe('PAID');
    const second = await until(events, ({ orderUpdated }) => orderUpdated.order.status === 'PAID');
    expect(second.orderUpdated.order).toMatchObject({
      items: [item, item],
      payments: [{ status: 'SUCCEEDED' }],
    });

    // Somebody else's order does not exist.
    const stranger = await signInGuest();
    expect(await stranger.query(OrderDocument, { id: order.id })).toEqual({ order: null });

    // Cancel one of two cheap ones: it is refunded.
    const cheapItem = order.items.find((one) => one.unitPrice.amount === '50.00');
    const { cancelOrderLines } = await anna.mutate(CancelOrderLinesDocument, {
      input: {
        idempotencyKey: randomUUID(),
        orderId: order.id,
        lines: [{ itemId: cheapItem?.id ?? '', quantity: 1 }],
        reason: 'One is enough',
      },
    });
    accepted(cancelOrderLines, 'order');
    const partly = await until(
      events,
      ({ orderUpdated }) => orderUpdated.order.payments?.[0]?.status === 'PARTIALLY_REFUNDED',
    );
    expect(partly.orderUpdated.order.status).toBe('PAID');

    // In the account, with what was refunded: 50.00 less 10 %.
    const { me } = await anna.query(MyOrdersDocument);
    expect(me?.orders?.nodes.map(({ id, refundedAmount }) => [id, refundedAmount.amount])).toEqual([
      [order.id, '45.00'],
    ]);

    // Cancel the rest: everything is refunded, the stock is back.
    const { cancelOrder } = await anna.mutate(CancelOrderDocument, {
      input: { idempotencyKey: randomUUID(), orderId: order.id, reason: 'Changed my mind' },
    });
    accepted(cancelOrder, 'order');
    const last = await until(events, ({ orderUpdated }) => orderUpdated.order.status === 'REFUNDED');
    expect(last.orderUpdated.order.payments).toMatchObject([{ status: 'REFUNDED' }]);
    await events.return();
    const { productVariant } = await eventually(
      () => staff.query(StockDocument, { variantId: cheap }),
      (answer) => answer.productVariant?.stock?.[0]?.onHand === 5,
    );
    expect(productVariant?.stock).toMatchObject([{ onHand: 5, reserved: 0 }]);
  });

  test('staff change a price and stock while shoppers watch, and ship and deliver an order', async () => {
    const own = await createGoods(stocker, { prices: ['20.00'], stock: 3 });
    const [variantId = ''] = own.variantIds;
    const prices = visitor.subscribe(PriceChangedDocument, { variantIds: [variantId] });
    const stock = visitor.subscribe(AvailabilityChangedDocument, { variantIds: [variantId] });
    await until(prices, ({ priceChanged }) => priceChanged.variant.price?.current.amount === '20.00');
    const { value: before } = await stock.next();
    expect(before?.availabilityChanged.variant).toMatchObject({
      sku: own.skus[0],
      availability: { status: expect.stringMatching(/^(IN_STOCK|LOW)$/) },
    });
    const { setVariantPrices } = await staff.mutate(SetVariantPricesDocument, {
      input: { prices: [{ variantId, currencyCode: 'EUR', regular: '24.00' }] },
    });
    accepted(setVariantPrices, 'variants');
    const dearer = await until(
      prices,
      ({ priceChanged }) => priceChanged.variant.price?.current.amount === '24.00',
    );
    expect(dearer.priceChanged.variant.product.id).toBe(own.productId);

    const guest = await signInGuest();
    await addToCart(guest, variantId, 3);
    const cart = await chooseDelivery(guest, { email: 'anna@example.com' });
    const order = accepted((await place(guest, cart)).placeOrder, 'order');
    await until(
      stock,
      ({ availabilityChanged }) => availabilityChanged.variant?.availability?.status === 'OUT',
    );
    await pay(guest, order.id);

    const parcel = { orderId: order.id, carrier: 'Hanse Post', trackingNumber: 'HP1' };
    const { shipOrder } = await staff.mutate(ShipOrderDocument, {
      input: { idempotencyKey: randomUUID(), ...parcel },
    });
    const { deliverShipment } = await staff.mutate(DeliverShipmentDocument, {
      input: { shipmentId: accepted(shipOrder, 'shipment').id },
    });
    accepted(deliverShipment, 'shipment');
    const { order: delivered } = await guest.query(OrderDocument, { id: order.id });
    expect(delivered).toMatchObject({ status: 'DELIVERED', shipments: [{ trackingNumber: 'HP1' }] });
    await prices.return();
    await stock.return();
  });

  test('fifty guests who buy the last ten units at once get exactly ten', async () => {
    const [variantId = ''] = (await createGoods(stocker, { prices: ['10.00'], stock: 10 })).variantIds;
    const carts = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const guest = await signInGuest();
        await addToCart(guest, variantId, 1);
        return { guest, cart: await chooseDelivery(guest, { email: 'anna@example.com' }) };
      }),
    );
    const outcomes = await Promise.all(
      carts.map(async ({ guest, cart }) => {
        const key = randomUUID();
        const { order, userErrors } = (await persistently(() => place(guest, cart, key))).placeOrder;
        return order ? (await pay(guest, order.id)).status : userErrors[0]?.code;
      }),
    );
    const counts: Record<string, number> = {};
    for (const outcome of outcomes) counts[outcome ?? 'nothing'] = (counts[outcome ?? 'nothing'] ?? 0) + 1;
    expect(counts).toEqual({ PAID: 10, INSUFFICIENT_STOCK: 40 });
  });

  test('signing in again keeps what is in the cart', async () => {
    const [variantId = ''] = (await createGoods(stocker, { prices: ['10.00'], stock: 10 })).variantIds;
    const registration = newCustomer('Ole', 'Hansen');
    accepted((await visitor.mutate(RegisterDocument, { input: registration })).register, 'session');
    const guest = await signInGuest();
    await addToCart(guest, variantId, 2);
    const { email, password } = registration;
    const { signIn } = await guest.mutate(SignInDocument, { input: { email, password } });
    const { cart } = await visitor.as(accepted(signIn, 'session').accessToken).query(CartDocument);
    expect(cart?.lines.map((line) => [line.variant?.id, line.quantity])).toEqual([[variantId, 2]]);
  });
}
