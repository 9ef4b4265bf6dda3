import { badInput, conflict, invalidInput, notFound, Refused } from '../../shared/errors.js';
import { idempotent } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { findCardOfPayments } from '../payment/service.js';
import { readSubject, type Subject, type SubjectInput } from './inputs.js';
import {
  keptAfterErasureMs,
  keptAfterRemovalMs,
  listKeyOf,
  type RiskList,
  type RiskListEntry,
  type RiskListKind,
} from './rules.js';
import {
  endEntries,
  findEntries,
  findEntriesOf,
  forgetEntriesOf,
  removeEntries,
  saveEntries,
  type NewEntry,
} from './store.js';

const mostAtOnce = 100;
const mostReasonLength = 500;

function readCount(things: readonly unknown[], field: string): void {
  if (things.length < 1 || things.length > mostAtOnce)
    throw new Refused(invalidInput(`${field} must be 1 to ${mostAtOnce}.`, [field]));
}

function readReason(text: string): string {
  const reason = text.trim();
  if (reason.length < 1 || reason.length > mostReasonLength)
    throw new Refused(invalidInput(`reason must have 1 to ${mostReasonLength} characters.`, ['reason']));
  return reason;
}

/** The staff's own id; null where the shop itself acts. */
const actorOf = ({ viewer }: Context): string | null => (viewer.kind === 'user' ? viewer.id : null);

/** Finds the cards of the payments that were named; refused where one is not known. Each thing once. */
async function toEntries(ctx: Context, subjects: readonly Subject[]): Promise<NewEntry[]> {
  const named = subjects.flatMap(({ key, paymentId }) => (key === null && paymentId ? [paymentId] : []));
  const cards = named.length > 0 ? await findCardOfPayments(ctx, named) : new Map<string, never>();
  const entries = subjects.map((subject, i): NewEntry => {
    const { key, paymentId, customerId } = subject;
    if (key !== null) return { ...subject, key };
    const path = ['subjects', String(i), 'cardOfPaymentId'];
    const card = cards.get(paymentId ?? '');
    if (!card) throw new Refused(notFound('payment', path));
    if (card.cardKey === null)
      throw new Refused(
        conflict('CARD_NOT_KNOWN', 'That payment was not made with a card that is known.', path),
      );
    return { ...subject, key: listKeyOf('CARD', card.cardKey), customerId: customerId ?? card.customerId };
  });
  return [...new Map(entries.map((entry) => [entry.key, entry])).values()];
}

export interface AddRiskListEntries {
  idempotencyKey: string;
  list: RiskList;
  subjects: readonly SubjectInput[];
  reason: string;
  endsAt?: Date | null | undefined;
}

/** Puts things on a list. One that is there gets the new reason, end and actor. */
export async function addRiskListEntries(
  ctx: Context,
  { idempotencyKey: key, list, ...input }: AddRiskListEntries,
): Promise<{ entries: RiskListEntry[] }> {
  requirePermission(ctx.viewer, 'payments:risk');
  readCount(input.subjects, 'subjects');
  const reason = readReason(input.reason);
  const endsAt = input.endsAt ?? null;
  // Hashed before anything is noted: the key's row must not tell what was listed.
  const subjects = input.subjects.map((one, i) => readSubject(ctx, one, ['subjects', String(i)]));
  const call = { owner: ctx.viewer.id ?? '', operation: 'addRiskListEntries', key };
  const { outcome } = await idempotent(
    ctx,
    { ...call, input: { list, subjects, reason, endsAt } },
    async (inner) => {
      const at = inner.clock();
      if (endsAt && endsAt <= at) throw new Refused(invalidInput('endsAt is over.', ['endsAt']));
      const entries = await toEntries(inner, subjects);
      return {
        ids: await saveEntries(
          inner.db,
          entries,
          { list, reason, endsAt, by: actorOf(inner), at },
          inner.newId,
        ),
      };
    },
  );
  return { entries: await findEntries(ctx.db, outcome.ids) };
}

/** Takes entries off their lists. Those that are off already stay as they are. */
export async function removeRiskListEntries(
  ctx: Context,
  { idempotencyKey: key, ids }: { idempotencyKey: string; ids: readonly string[] },
): Promise<{ entries: RiskListEntry[] }> {
  requirePermission(ctx.viewer, 'payments:risk');
  readCount(ids, 'ids');
  const call = { owner: ctx.viewer.id ?? '', operation: 'removeRiskListEntries', key, input: { ids } };
  await idempotent(ctx, call, async (inner) => {
    const known = ids.every(isId)
      ? new Set((await findEntries(inner.db, ids)).map(({ id }) => id))
      : new Set();
    if (!ids.every((id) => known.has(id))) throw new Refused(notFound('entry', ['ids']));
    await removeEntries(inner.db, ids, { by: actorOf(inner), at: inner.clock() });
    return {};
  });
  return { entries: await findEntries(ctx.db, ids) };
}

export interface EntryFilter {
  list?: RiskList | null | undefined;
  kind?: RiskListKind | null | undefined;
  customerId?: string | null | undefined;
  subject?: SubjectInput | null | undefined;
  removed?: boolean | null | undefined;
}

/** Staff's view of the lists, the newest entries first. At most two statements. */
export async function riskListEntries(
  ctx: Context,
  { filter, ...parameters }: PageArguments & { filter?: EntryFilter | null | undefined },
): Promise<Connection<RiskListEntry>> {
  requirePermission(ctx.viewer, 'payments:read');
  const page = pageOf(parameters, ['id']);
  const customerId = filter?.customerId ?? null;
  const key = filter?.subject ? await keyToFind(ctx, filter.subject) : null;
  const nobody = (customerId !== null && !isId(customerId)) || key === undefined;
  const rows = nobody
    ? []
    : await findEntriesOf(ctx.db, {
        ...{ list: filter?.list ?? null, kind: filter?.kind ?? null, customerId, key },
        ...{ removed: filter?.removed ?? false, after: page.after?.[0] ?? null, limit: page.limit + 1 },
      });
  return connectionOf(rows, page, ({ id }) => [id]);
}

/** Under what a thing would be listed; undefined: it is none. */
async function keyToFind(ctx: Context, given: SubjectInput): Promise<string | undefined> {
  try {
    const [entry] = await toEntries(ctx, [readSubject(ctx, given, ['filter', 'subject'])]);
    return entry?.key;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const [{ code, message, field } = notFound('payment', [])] = error.userErrors;
    if (code === 'INVALID_INPUT') throw badInput(message, field);
    return undefined;
  }
}

/** Timer: takes off what has ended, and forgets what has been off for a year. Safe to run twice. */
export async function endListEntries(ctx: Context): Promise<void> {
  const now = ctx.clock();
  await endEntries(ctx.db, { now, forgotten: new Date(now.getTime() - keptAfterRemovalMs) });
}

/** A person is erased: docs/decisions/0019-risk-lists.md says what stays. Safe to run twice. */
export async function forgetListed(ctx: Context, customerId: string): Promise<void> {
  await forgetEntriesOf(ctx.db, customerId, { until: new Date(ctx.clock().getTime() + keptAfterErasureMs) });
}
