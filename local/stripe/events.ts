// Events: what happened, for those who missed the webhook.
import { z } from 'zod';
import type { Route } from './call.js';
import { route } from './call.js';
import { resourceMissing } from './errors.js';
import { pageOf, pageParams } from './lists.js';
import { isInRange, listOf, range, text } from './params.js';
import type { Unit } from './store.js';
import type { StoredEvent } from './tables.js';

function withPending(unit: Unit, event: StoredEvent): StoredEvent {
  const pending = unit.all('delivery').filter((delivery) => delivery.eventId === event.id).length;
  return { ...event, pending_webhooks: pending };
}

/** True for `payment_intent.succeeded` asked for as itself, as `payment_intent.*` or as `*`. */
function isOfType(type: string, asked: string): boolean {
  return asked.endsWith('*') ? type.startsWith(asked.slice(0, -1)) : type === asked;
}

const listParams = z.strictObject({
  ...pageParams,
  created: range.optional(),
  type: text.optional(),
  types: listOf(text).optional(),
});

export const eventRoutes: readonly Route[] = [
  route('GET', '/v1/events', listParams, ({ unit, params }) => {
    const types = params.types ?? (params.type === undefined ? undefined : [params.type]);
    const rows = unit
      .all('event')
      .filter((event) => types === undefined || types.some((asked) => isOfType(event.type, asked)))
      .filter((event) => isInRange(event.created, params.created));
    const page = pageOf(rows, params, '/v1/events');
    return { ...page, data: page.data.map((event) => withPending(unit, event)) };
  }),
  route('GET', '/v1/events/:id', z.strictObject({}), ({ unit, id }) => {
    const event = unit.find('event', id);
    if (!event) throw resourceMissing('event', id);
    return withPending(unit, event);
  }),
];
