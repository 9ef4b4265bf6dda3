/**
 * The ten main operations of a storefront. Those that write have data of their own each time, which the operations before
 * them made: guests put goods into carts, carts become orders, orders are paid.
 */
import {
  CartDocument,
  CategoriesDocument,
  MyOrdersDocument,
  ProductDocument,
  ProductsDocument,
  SearchProductsDocument,
  SearchSuggestionsDocument,
} from '../client/operations.generated.js';
import type { Asker } from './ask.js';
import type { Catalogue } from './catalogue.js';
import type { Work } from './load.js';
import { createSteps, orderCart, turns } from './steps.js';

export interface Operation {
  name: string;
  /** Made before it is measured: work for so many clients. */
  prepare?: (clients: number) => Promise<void>;
  work: Work;
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
  const steps = createSteps(asker, catalogue.variantIds);
  const guests: string[] = [];
  const carts: string[] = [];
  const orders: { token: string; id: string }[] = [];
  const customers: string[] = [];
  let turn = 0;

  async function registerAndBuy(): Promise<void> {
    const token = await steps.register();
    for (let i = 0; i < 3; i += 1) {
      await steps.addToCart(token, 2);
      await steps.payOrder(token, await orderCart(steps, token));
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
          await steps.addToCart(token, 2);
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
        return async () => orders.push({ token, id: await orderCart(steps, token) });
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
