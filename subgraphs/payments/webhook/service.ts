import { schedule } from '../../shared/events/timers.js';
import { inboxBell } from '../../shared/events/wake.js';
import { transact } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { syncDispute } from '../dispute/service.js';
import { syncIntent } from '../payment/service.js';
import { syncProviderRefund } from '../refund/service.js';
import { syncProviderSetup } from '../setup/service.js';
import { keptDays, subjectOf, type ProviderEvent, type Subject } from './rules.js';
import { deleteOldEvents, insertWebhookEvent } from './store.js';

export const webhooksConsumer = 'webhooks';

/** Notes a verified event and the work that it causes, together; a repeat changes nothing. */
export async function receiveEvent(ctx: Context, event: ProviderEvent): Promise<void> {
  const subject = subjectOf(event);
  await transact(ctx, async (inner) => {
    const id = inner.newId();
    const runAt = inner.clock();
    if (!(await insertWebhookEvent(inner.db, id, event, runAt)) || !subject) return;
    await schedule(inner, {
      consumer: webhooksConsumer,
      type: 'ProviderEvent',
      aggregateId: id,
      runAt,
      payload: { ...subject },
    });
  });
  if (subject) ctx.wake.ring(inboxBell('payments', webhooksConsumer));
}

const readers: Record<Subject['kind'], (ctx: Context, id: string) => Promise<void>> = {
  intent: syncIntent,
  refund: syncProviderRefund,
  setup: syncProviderSetup,
  dispute: syncDispute,
};

/** Reads the object anew at the provider: neither the order nor the content of events is relied on. */
export async function handleEvent(ctx: Context, subject: Subject): Promise<void> {
  await readers[subject.kind](ctx, subject.id);
}

const dayMs = 86_400_000;
/** Much more than come with each that is handled, so that the log gets no longer. */
const removedAtOnce = 100;

/** Removes events whose time is over, a few with each that is handled: the log stays as long as what came in that time. */
export const removeOldEvents = (ctx: Context): Promise<void> =>
  deleteOldEvents(
    ctx.db,
    webhooksConsumer,
    new Date(ctx.clock().getTime() - keptDays * dayMs),
    removedAtOnce,
  );
