/** Behaviour: what a visitor (guest or user, the subject) did in the shop, and what the models learn from it. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import { idFromName, isId } from '../../shared/ids.js';
import type { Model } from '../model/rules.js';

/** What a client reports itself. The rest comes from the shop's events: nobody can claim to have bought something. */
export type TrackedType = 'VIEW' | 'CLICK' | 'SCROLL' | 'WISHLIST' | 'SEARCH';
export type BehaviourType = TrackedType | 'ADD_TO_CART' | 'REMOVE_FROM_CART' | 'PURCHASE';

/** Whether it shows that the visitor likes the product. */
const showsInterest: Record<BehaviourType, boolean> = {
  VIEW: true,
  CLICK: true,
  SCROLL: false,
  WISHLIST: true,
  SEARCH: false,
  ADD_TO_CART: true,
  REMOVE_FROM_CART: false,
  PURCHASE: true,
};

export interface Behaviour {
  subjectId: string;
  /** Unique for the subject: what comes twice is noted once. */
  eventId: string;
  type: BehaviourType;
  productId: string | null;
  /** Sealed; of a SEARCH. */
  query?: Uint8Array;
  durationMs?: number | null | undefined;
  source?: string | null | undefined;
  quantity?: number;
  /** The order of a PURCHASE. */
  orderId?: string;
  occurredAt: Date;
}

/** A product in a basket that a model learns from. */
export interface BasketItem {
  model: Model;
  basketId: string;
  productId: string;
  subjectId: string;
  occurredAt: Date;
}

/** The baskets into which behaviour puts products: an order's, and the visitor's own; each product once, the latest. */
export function basketItemsOf(behaviours: readonly Behaviour[]): BasketItem[] {
  const items = new Map<string, BasketItem>();
  for (const { subjectId, productId, orderId, occurredAt, type } of behaviours) {
    if (!productId || !showsInterest[type]) continue;
    const put = (model: Model, basketId: string): void => {
      const key = `${model} ${basketId} ${productId}`;
      const known = items.get(key);
      if (!known || known.occurredAt < occurredAt)
        items.set(key, { model, basketId, productId, subjectId, occurredAt });
    };
    put('RELATED', subjectId);
    if (orderId) put('BOUGHT_TOGETHER', orderId);
  }
  return [...items.values()];
}

/** The same purchase, by whichever message it is told, has the same id. */
export const purchaseId = (orderId: string, productId: string): string =>
  idFromName('purchase', orderId, productId);

export interface TrackedEvent {
  id: string;
  type: TrackedType;
  productId?: string | null | undefined;
  query?: string | null | undefined;
  durationMs?: number | null | undefined;
  source?: string | null | undefined;
  occurredAt: Date;
}

export const limits = {
  events: 100,
  query: 200,
  /** A day: longer, and a tab was left open. */
  durationMs: 86_400_000,
  /** For clients that were offline. */
  ageMs: 30 * 86_400_000,
  /** Clients' clocks are not exact. */
  aheadMs: 5 * 60_000,
};

const sourceForm = /^[\w\-./:]{1,60}$/;

/** What is wrong with an event, as [field, message]; null when nothing is. */
function problemOf(event: TrackedEvent, now: Date): [string, string] | null {
  const { type, productId, query, durationMs, source } = event;
  const age = now.getTime() - event.occurredAt.getTime();
  if (!isId(event.id)) return ['id', 'id must be a UUID.'];
  if (type !== 'SEARCH' && !productId) return ['productId', `${type} needs the productId that it is about.`];
  if (productId && !isId(productId)) return ['productId', 'productId is not the id of a product.'];
  if (type === 'SEARCH' ? !query || query.length > limits.query : query != null)
    return ['query', `query is for SEARCH, with 1 to ${limits.query} characters.`];
  if (durationMs != null && (durationMs < 0 || durationMs > limits.durationMs))
    return ['durationMs', `durationMs must be 0 to ${limits.durationMs}.`];
  if (source != null && !sourceForm.test(source))
    return ['source', 'source must be 1 to 60 letters, digits and _-./:'];
  if (age > limits.ageMs || age < -limits.aheadMs)
    return [
      'occurredAt',
      `occurredAt must be within the last 30 days; it is ${now.toISOString()} by our clock.`,
    ];
  return null;
}

/** Everything that is wrong with what a client reports; empty when it can be noted. */
export function problemsOf(events: readonly TrackedEvent[], now: Date): UserError[] {
  if (events.length < 1 || events.length > limits.events)
    return [invalidInput(`Send 1 to ${limits.events} events, not ${events.length}.`, ['events'])];
  return events.flatMap((event, index) => {
    const problem = problemOf(event, now);
    return problem ? [invalidInput(problem[1], ['events', String(index), problem[0]])] : [];
  });
}
