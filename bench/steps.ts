/** What a customer does, each step as a shop front sends it: one request, with an operation of client/operations. */
import { randomUUID } from 'node:crypto';
import { accepted } from '../client/client.js';
import {
  AddToCartDocument,
  PayOrderDocument,
  PlaceOrderDocument,
  RegisterDocument,
  SetCartDeliveryDocument,
  SignInAsGuestDocument,
} from '../client/operations.generated.js';
import type { Asker } from './ask.js';

let house = 0;
/** Every customer lives elsewhere, as the risk rules expect: they count payments for an address. */
const anotherAddress = () => ({
  firstName: 'Anna',
  lastName: 'Kröger',
  line1: `Mengstraße ${(house += 1)}`,
  city: 'Lübeck',
  postalCode: '23552',
  country: 'DE',
});

/** One after the other, round and round. */
export function turns<T>(all: readonly T[]): () => T {
  let turn = 0;
  return () => {
    const one = all[turn++ % all.length];
    if (one === undefined) throw new Error('There is nothing to choose from.');
    return one;
  };
}

/** A cart to which an address was added: the first of the ways of shipping there. */
export interface Addressed {
  shippingMethodId: string | undefined;
}

export type Steps = ReturnType<typeof createSteps>;

/** Steps of customers who put these variants into their carts in turn. */
export function createSteps(asker: Asker, variantIds: readonly string[]) {
  const nextVariant = turns(variantIds);
  return {
    /** The access token. */
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
    /** So many articles, all in one call. Throws the warning's code where there was not enough of one. */
    addToCart: async (token: string, articles: number) => {
      const lines = Array.from({ length: articles }, () => ({ variantId: nextVariant(), quantity: 1 }));
      const input = { idempotencyKey: randomUUID(), lines };
      const { warnings } = (await asker.ask(AddToCartDocument, { input }, token)).addToCart;
      if (warnings[0]) throw new Error(`${warnings[0].code}: ${warnings[0].message}`);
    },
    setAddress: async (token: string): Promise<Addressed> => {
      const input = { email: 'anna@example.com', shippingAddress: anotherAddress() };
      const { setCartDelivery } = await asker.ask(SetCartDeliveryDocument, { input }, token);
      return { shippingMethodId: accepted(setCartDelivery, 'cart').shippingOptions[0]?.shippingMethod.id };
    },
    /** The cart's version, which the customer sees. */
    chooseShipping: async (token: string, { shippingMethodId }: Addressed) => {
      const { setCartDelivery } = await asker.ask(
        SetCartDeliveryDocument,
        { input: { shippingMethodId } },
        token,
      );
      return accepted(setCartDelivery, 'cart').version;
    },
    /** The order's id. */
    placeOrder: async (token: string, expectedVersion: number) => {
      const input = { idempotencyKey: randomUUID(), expectedVersion };
      return accepted((await asker.ask(PlaceOrderDocument, { input }, token)).placeOrder, 'order').id;
    },
    /** Throws unless it is paid afterwards. */
    payOrder: async (token: string, orderId: string) => {
      const input = { idempotencyKey: randomUUID(), orderId, paymentMethodId: 'pm_card_visa' };
      const { order } = (await asker.ask(PayOrderDocument, { input }, token)).payOrder;
      if (order?.paymentState !== 'PAID') throw new Error(`Paid, and the order is ${order?.paymentState}.`);
    },
  };
}

/** Address, way of shipping, order: three requests. The order's id. */
export async function orderCart(steps: Steps, token: string): Promise<string> {
  const version = await steps.chooseShipping(token, await steps.setAddress(token));
  return steps.placeOrder(token, version);
}
