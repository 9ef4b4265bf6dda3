/** A guest's whole checkout, step by step: what is measured as a whole, and each step alone. */
import type { Work } from './load.js';
import type { Operation } from './operations.js';
import type { Addressed, Steps } from './steps.js';

export const stepNames = [
  'sign in as guest',
  'add to cart',
  'set address',
  'choose shipping',
  'place order',
  'pay order',
] as const;
export type StepName = (typeof stepNames)[number];

/** Runs one step; what measures puts its clock around it. */
export type Around = <T>(name: StepName, step: () => Promise<T>) => Promise<T>;

/** From signing in until it is paid, each step after the answer to the one before. */
export async function checkOut(steps: Steps, articles: number, around: Around): Promise<void> {
  const token = await around('sign in as guest', () => steps.signInAsGuest());
  await around('add to cart', () => steps.addToCart(token, articles));
  const addressed = await around('set address', () => steps.setAddress(token));
  const version = await around('choose shipping', () => steps.chooseShipping(token, addressed));
  const order = await around('place order', () => steps.placeOrder(token, version));
  await around('pay order', () => steps.payOrder(token, order));
}

/** Takes what the step before has made; `undefined` when all is used. */
const fed = <From, To>(
  from: From[],
  step: (one: From) => Promise<To>,
  to: (one: From, made: To) => void,
): Work => {
  return () => {
    const one = from.pop();
    if (one === undefined) return undefined;
    return async () => to(one, await step(one));
  };
};

/** Each step alone for as long as told, on what the step before has made; `finish` pays what was ordered and not paid. */
export function createStepOperations(
  steps: Steps,
  articles: number,
): { operations: Operation[]; finish: () => Promise<void> } {
  const guests: string[] = [];
  const carts: string[] = [];
  const addressed: { token: string; shipping: Addressed }[] = [];
  const ready: { token: string; version: number }[] = [];
  const orders: { token: string; id: string }[] = [];
  const works: Record<StepName, Work> = {
    'sign in as guest': () => async () => guests.push(await steps.signInAsGuest()),
    'add to cart': fed(
      guests,
      (token) => steps.addToCart(token, articles),
      (token) => carts.push(token),
    ),
    'set address': fed(carts, steps.setAddress, (token, shipping) => addressed.push({ token, shipping })),
    'choose shipping': fed(
      addressed,
      ({ token, shipping }) => steps.chooseShipping(token, shipping),
      ({ token }, version) => ready.push({ token, version }),
    ),
    'place order': fed(
      ready,
      ({ token, version }) => steps.placeOrder(token, version),
      ({ token }, id) => orders.push({ token, id }),
    ),
    'pay order': fed(
      orders,
      ({ token, id }) => steps.payOrder(token, id),
      () => undefined,
    ),
  };
  return {
    operations: stepNames.map((name) => ({ name, work: works[name] })),
    finish: async () => {
      for (let order = orders.pop(); order; order = orders.pop()) await steps.payOrder(order.token, order.id);
    },
  };
}
