import { invalidInput, notFound, Refused } from '../../shared/errors.js';
import { emit, event, type NewEvent } from '../../shared/events/outbox.js';
import { schedule, scheduleUnlessSet, type Timer } from '../../shared/events/timers.js';
import { idempotent } from '../../shared/idempotency.js';
import { idFromName, isId } from '../../shared/ids.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { transact } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { syncDispute } from '../dispute/service.js';
import { syncPayment } from '../payment/provider-state.js';
import { ProviderUnavailable } from '../provider/provider.js';
import { syncRefund } from '../refund/service.js';
import {
  nameOf,
  nextRunAt,
  retryAt,
  stretchAfter,
  type BreakStatus,
  type Difference,
  type ReconciliationBreak,
} from './rules.js';
import { compareSides } from './sides.js';
import {
  findBreak,
  findBreaks,
  findOpenBreaks,
  findReadUntil,
  resolveByStaff,
  resolveVanished,
  saveBreaks,
  saveReadUntil,
} from './store.js';

export const reconciliationConsumer = 'reconciliation';

const timerAt = (runAt: Date): Timer => ({
  consumer: reconciliationConsumer,
  type: 'Reconcile',
  aggregateId: idFromName('reconciliation'),
  runAt,
});

/** An hour after the last run, whichever process did that. */
const nextTimer = async (ctx: Context): Promise<Timer> =>
  timerAt(nextRunAt(await findReadUntil(ctx.db), ctx.clock()));

/** Sets the first run; one that is set, being done or put off stays as it is, however often processes start. */
export async function startReconciliation(ctx: Context): Promise<void> {
  await scheduleUnlessSet(ctx, await nextTimer(ctx));
}

/** So many open breaks are looked at anew in a run, those that waited longest first. */
const mostLookedAtAnew = 500;

/** Compares the next stretch of time with the provider, keeps what differs, heals what it can, and sets the next run. */
export async function reconcile(ctx: Context): Promise<void> {
  try {
    await compareNext(ctx);
    await schedule(ctx, await nextTimer(ctx));
  } catch (error) {
    // An outage must not use up the timer's tries.
    if (!(error instanceof ProviderUnavailable)) throw error;
    ctx.log.warn({ err: error.cause }, error.message);
    await schedule(ctx, timerAt(retryAt(ctx.clock())));
  }
}

async function compareNext(ctx: Context): Promise<void> {
  const stretch = stretchAfter(await findReadUntil(ctx.db), ctx.clock());
  const open = await findOpenBreaks(ctx.db, mostLookedAtAnew);
  const referencesOf = (subject: Difference['subject']): string[] =>
    open.filter((one) => one.subject === subject).map((one) => one.providerReference);
  const { differences, looked } = await compareSides(ctx, stretch, {
    intentIds: referencesOf('PAYMENT'),
    refundIds: referencesOf('REFUND'),
    disputeIds: referencesOf('DISPUTE'),
    payoutIds: referencesOf('PAYOUT'),
  });
  const still = new Set(differences.map(nameOf));
  const vanished = open.filter((one) => looked.has(one.providerReference) && !still.has(nameOf(one)));
  await transact(ctx, async (inner) => {
    const at = inner.clock();
    const opened = await saveBreaks(inner.db, differences, inner.newId, at);
    await resolveVanished(
      inner.db,
      vanished.map((one) => one.id),
      at,
    );
    await saveReadUntil(inner.db, stretch.until);
    await emit(inner, ...opened.map(foundEvent));
  });
  for (const one of differences) if (healing.has(one.kind)) await heal(ctx, one);
}

const foundEvent = ({
  id,
  kind,
  providerReference,
  paymentId,
  orderId,
}: Difference & { id: string }): NewEvent =>
  event('ReconciliationBreakFound', id, { breakId: id, kind, providerReference, paymentId, orderId });

/** What reading the provider anew puts right. */
const healing: ReadonlySet<Difference['kind']> = new Set([
  'STATUS_DIFFERS',
  'FEE_DIFFERS',
  'DISPUTE_UNKNOWN_AT_SHOP',
]);

/** Brings ours to where the provider has it, as its webhook would have. What cannot be healed stays a break. */
async function heal(
  ctx: Context,
  { subject, providerReference, paymentId, refundId }: Difference,
): Promise<void> {
  try {
    if (subject === 'DISPUTE') await syncDispute(ctx, providerReference);
    else if (refundId) await syncRefund(ctx, refundId);
    else if (paymentId) await syncPayment(ctx, paymentId, undefined, providerReference);
  } catch (error) {
    ctx.log.error({ err: error, paymentId, refundId, providerReference }, 'a break could not be healed');
  }
}

/** Staff's list of breaks, the newest first. */
export async function reconciliationBreaks(
  ctx: Context,
  parameters: PageArguments & { status?: BreakStatus | null | undefined },
): Promise<Connection<ReconciliationBreak>> {
  requirePermission(ctx.viewer, 'payments:read');
  const page = pageOf(parameters, ['id']);
  const [after = null] = page.after ?? [];
  const status = parameters.status ?? null;
  const rows = await findBreaks(ctx.db, { status, after, limit: page.limit + 1 });
  return connectionOf(rows, page, (row) => [row.id]);
}

export interface ResolveReconciliationBreakInput {
  breakId: string;
  note: string;
  idempotencyKey?: string | null | undefined;
}

const mostNoteLength = 1_000;

function readNote(text: string): string {
  const note = text.trim();
  if (note.length < 1 || note.length > mostNoteLength)
    throw new Refused(invalidInput(`note must have 1 to ${mostNoteLength} characters.`, ['note']));
  return note;
}

/** Settles a break with staff's note. One that is resolved already stays as it is. */
export async function resolveReconciliationBreak(
  ctx: Context,
  { idempotencyKey, ...input }: ResolveReconciliationBreakInput,
): Promise<{ reconciliationBreak: ReconciliationBreak }> {
  requirePermission(ctx.viewer, 'payments:refund');
  const { id: owner, kind } = ctx.viewer;
  const resolve = async (inner: Context): Promise<{ id: string }> => {
    const note = readNote(input.note);
    const id = input.breakId;
    if (!isId(id)) throw new Refused(notFound('break', ['breakId']));
    const resolverId = kind === 'user' ? owner : null;
    const done = await resolveByStaff(inner.db, { id, note, resolverId, at: inner.clock() });
    if (!done && !(await findBreak(inner.db, id))) throw new Refused(notFound('break', ['breakId']));
    return { id };
  };
  const operation = 'resolveReconciliationBreak';
  const { id } = idempotencyKey
    ? (await idempotent(ctx, { owner: owner ?? '', operation, key: idempotencyKey, input }, resolve)).outcome
    : await resolve(ctx);
  const reconciliationBreak = await findBreak(ctx.db, id);
  if (!reconciliationBreak) throw new Error(`Break ${id} is gone.`);
  return { reconciliationBreak };
}
