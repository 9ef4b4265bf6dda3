import { consequences } from '../../shared/events/consequences.js';
import { inboxBell } from '../../shared/events/wake.js';
import { transactOne } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { syncDispute } from '../dispute/service.js';
import { syncIntent } from '../payment/service.js';
import { syncProviderRefund } from '../refund/service.js';
import { syncProviderSetup } from '../setup/service.js';
import { keptDays, subjectOf, type ProviderEvent, type Subject } from './rules.js';
import { deleteOldEvents, insertWebhookEvent } from './store.js';

export const webhooksConsumer = 'webhooks';

/** Notes a verified event and the work that it causes, together; a repeat changes nothing, nor does one that causes none. */
export async function receiveEvent(ctx: Context, event: ProviderEvent): Promise<void> {
  const subject = subjectOf(event);
  if (!subject) return;
  const stored = await transactOne(ctx, async (inner) => {
    const id = inner.newId();
    const runAt = inner.clock();
    const read = { consumer: webhooksConsumer, type: 'ProviderEvent', aggregateId: id, runAt };
    const follows = consequences(inner, { timers: [{ ...read, payload: { ...subject } }] });
    return insertWebhookEvent(inner.db, id, event, runAt, follows);
  });
  if (stored) ctx.wake.ring(inboxBell('payments', webhooksConsumer));
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
const removedAtOnce = 1_000;

/** Removes events whose time is over, some of them; true when there may be more. */
export async function removeOldEvents(ctx: Context): Promise<boolean> {
  const before = new Date(ctx.clock().getTime() - keptDays * dayMs);
  return (await deleteOldEvents(ctx.db, webhooksConsumer, before, removedAtOnce)) === removedAtOnce;
}
