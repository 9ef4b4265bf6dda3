/**
 * The ten main operations of a storefront. Those that write have data of their own each time, which the operations before
 * them made: guests put goods into carts, carts become orders, orders are paid.
 */
import { randomUUID } from 'node:crypto';
import { accepted } from '../client/client.js';
import {
  AddToCartDocument,
  CartDocument,
  CategoriesDocument,
  MyOrdersDocument,
  PayOrderDocument,
  PlaceOrderDocument,
  ProductDocument,
  ProductsDocument,
  RegisterDocument,
  SearchProductsDocument,
  SearchSuggestionsDocument,
  SetCartDeliveryDocument,
  SignInAsGuestDocument,
} from '../client/operations.generated.js';
import type { Asker } from './ask.js';
import type { Catalogue } from './catalogue.js';
import type { Work } from './load.js';

export interface Operation {
  name: string;
  /** Made before it is measured: work for so many clients. */
  prepare?: (clients: number) => Promise<void>;
  work: Work;
}

const address = {
  firstName: 'Anna',
  lastName: 'Kröger',
  line1: 'Mengstraße 4',
  city: 'Lübeck',
  postalCode: '23552',
  country: 'DE',
};

/** One after the other, round and round. */
function turns<T>(all: readonly T[]): () => T {
  let turn = 0;
  return () => {
    const one = all[turn++ % all.length];
    if (one === undefined) throw new Error('There is nothing to choose from.');
    return one;
  };
}

/** What a customer does, one request after the other where a step takes several. */
function createSteps(asker: Asker, catalogue: Catalogue) {
  const nextVariant = turns(catalogue.variantIds);
  return {
    signInAsGuest: async () =>
      accepted((await asker.ask(SignInAsGuestDocument, {})).signInAsGuest, 'session').accessToken,
    register: async () => {
      const name = `anna_${randomUUID().slice(0, 12)}`;
      const input = {
        idempotencyKey: randomUUID(),
        email: `${name}@example.com`,
        username: name.slice(0, 20),
        password: 'plenty of wind at sea',
        firstName: 'Anna',
        lastName: 'Kröger',
      };
      return accepted((await asker.ask(RegisterDocument, { input })).register, 'session').accessToken;
    },
    /** Two articles. */
    addToCart: async (token: string) => {
      const lines = [nextVariant(), nextVariant()].map((variantId) => ({ variantId, quantity: 1 }));
      const input = { idempotencyKey: randomUUID(), lines };
      await asker.ask(AddToCartDocument, { input }, token);
    },
    /** Address, the first way of shipping, order: three requests. The order's id. */
    placeOrder: async (token: string) => {
      const addressed = await asker.ask(
        SetCartDeliveryDocument,
        { input: { email: 'anna@example.com', shippingAddress: address } },
        token,
      );
      const [option] = accepted(addressed.setCartDelivery, 'cart').shippingOptions;
      const input = { shippingMethodId: option?.shippingMethod.id };
      const chosen = await asker.ask(SetCartDeliveryDocument, { input }, token);
      const { version: expectedVersion } = accepted(chosen.setCartDelivery, 'cart');
      const order = { idempotencyKey: randomUUID(), expectedVersion };
      return accepted((await asker.ask(PlaceOrderDocument, { input: order }, token)).placeOrder, 'order').id;
    },
    payOrder: async (token: string, orderId: string) => {
      const input = { idempotencyKey: randomUUID(), orderId, paymentMethodId: 'pm_card_visa' };
      const { order } = (await asker.ask(PayOrderDocument, { input }, token)).payOrder;
      if (order?.paymentState !== 'PAID') throw new Error(`Paid, and the order is ${order?.paymentState}.`);
    },
  };
}

/** Goods as everybody sees them, without an account. */
function browsing(asker: Asker, catalogue: Catalogue): Operation[] {
  const nextCursor = turns(catalogue.cursors);
  const nextHandle = turns(catalogue.handles);
  const nextWord = turns(catalogue.searchWords);
  return [
    { name: 'category tree', work: () => () => asker.ask(CategoriesDocument, {}) },
    {
      name: 'page of 24 products',
      work: () => () => asker.ask(ProductsDocument, { sort: 'NEWEST', first: 24, after: nextCursor() }),
    },
    { name: 'product page', work: () => () => asker.ask(ProductDocument, { handle: nextHandle() }) },
    { name: 'search', work: () => () => asker.ask(SearchProductsDocument, { query: nextWord() }) },
    {
      name: 'suggestions',
      work: () => () => asker.ask(SearchSuggestionsDocument, { prefix: nextWord().slice(0, 3) }),
    },
  ];
}

/** From the first article in the cart to the orders of a customer. */
function buying(asker: Asker, catalogue: Catalogue): Operation[] {
  const steps = createSteps(asker, catalogue);
  const guests: string[] = [];
  const carts: string[] = [];
  const orders: { token: string; id: string }[] = [];
  const customers: string[] = [];
  let turn = 0;

  async function registerAndBuy(): Promise<void> {
    const token = await steps.register();
    for (let i = 0; i < 3; i += 1) {
      await steps.addToCart(token);
      await steps.payOrder(token, await steps.placeOrder(token));
    }
    customers.push(token);
  }

  return [
    {
      name: 'sign in as guest',
      work: () => async () => guests.push(await steps.signInAsGuest()),
    },
    {
      name: 'add to cart',
      work: () => {
        const token = guests.pop();
        if (token === undefined) return undefined;
        return async () => {
          await steps.addToCart(token);
          carts.push(token);
        };
      },
    },
    {
      name: 'cart with totals',
      work: () => {
        const token = carts[turn++ % carts.length];
        return () => asker.ask(CartDocument, {}, token);
      },
    },
    {
      name: 'place order',
      work: () => {
        const token = carts.pop();
        if (token === undefined) return undefined;
        return async () => orders.push({ token, id: await steps.placeOrder(token) });
      },
    },
    {
      name: 'pay order',
      work: () => {
        const order = orders.pop();
        return order && (() => steps.payOrder(order.token, order.id));
      },
    },
    {
      name: 'orders of a customer',
      prepare: async (clients) => {
        await Promise.all(Array.from({ length: clients }, registerAndBuy));
      },
      work: (client) => () => asker.ask(MyOrdersDocument, {}, customers[client]),
    },
  ];
}

/** In an order in which each finds the data that it needs. */
export const createOperations = (asker: Asker, catalogue: Catalogue): Operation[] => [
  ...browsing(asker, catalogue),
  ...buying(asker, catalogue),
];
