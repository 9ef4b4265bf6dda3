// The tables and their journal: a unit of work reads the tables, gathers its changes and takes effect as one entry.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from './ids.js';
import { openJournal, replayJournal, rewriteJournal } from './journal.js';
import { applyChange, emptyTables, KINDS } from './tables.js';
import type { Change, Kind, Rows, StoredEvent, Tables } from './tables.js';
import { urlsFor, type WebhookEndpoint } from './webhooks.js';

/** The API version that `stripe` 23.1 is written for; an event says which one its object is shaped by. */
export const API_VERSION = '2026-10-28.endive';

const DAY_MS = 86_400_000;
/** Stripe forgets an idempotency key after a day at the earliest and an event after thirty. */
export const OUTCOME_LIFE_MS = DAY_MS;
const EVENT_LIFE_MS = 30 * DAY_MS;
/** A journal beyond this is rewritten at the start. */
export const COMPACT_ABOVE_BYTES = 16 * 1024 * 1024;

export interface Unit {
  /** Seconds since the epoch, as Stripe's `created`. */
  readonly now: number;
  readonly nowMs: number;
  find<K extends Kind>(kind: K, id: string): Rows[K] | undefined;
  /** All rows of a kind, oldest first. */
  all<K extends Kind>(kind: K): Rows[K][];
  put<K extends Kind>(kind: K, row: Rows[K]): void;
  remove(kind: Kind, id: string): void;
  /** Records an event with the object as it is now, and a delivery of it to each endpoint that wants it. */
  emit(type: string, object: object, previousAttributes?: object): void;
}

export interface UnitOrigin {
  requestId: string | null;
  idempotencyKey: string | null;
}

export interface Store {
  readonly tables: Tables;
  begin(origin: UnitOrigin, endpoints: readonly WebhookEndpoint[]): Unit & { changes: Change[] };
  /** Makes the unit's changes visible at once and resolves when they are on disk. */
  commit(changes: readonly Change[]): Promise<void>;
  /** Resolves when everything that can be read by now is on disk. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

function forget(tables: Tables, nowMs: number): void {
  for (const outcome of tables.outcome.values()) {
    if (outcome.createdAt + OUTCOME_LIFE_MS < nowMs) tables.outcome.delete(outcome.id);
  }
  for (const event of tables.event.values()) {
    if (event.created * 1000 + EVENT_LIFE_MS < nowMs) tables.event.delete(event.id);
  }
}

function* allRows(tables: Tables): Generator<unknown[]> {
  for (const kind of KINDS) for (const row of tables[kind].values()) yield [{ put: kind, row }];
}

function beginUnit(tables: Tables, nowMs: number, origin: UnitOrigin, endpoints: readonly WebhookEndpoint[]) {
  const changes: Change[] = [];
  const fresh = new Map<string, Rows[Kind] | undefined>();
  const now = Math.floor(nowMs / 1000);
  const unit: Unit & { changes: Change[] } = {
    now,
    nowMs,
    changes,
    find<K extends Kind>(kind: K, id: string) {
      const key = `${kind} ${id}`;
      return fresh.has(key)
        ? (fresh.get(key) as Rows[K] | undefined)
        : (tables[kind] as Map<string, Rows[K]>).get(id);
    },
    all<K extends Kind>(kind: K) {
      const rows = new Map<string, Rows[K]>(tables[kind] as Map<string, Rows[K]>);
      for (const change of changes) {
        if ('put' in change && change.put === kind) rows.set(change.row.id, change.row as Rows[K]);
        if ('remove' in change && change.remove === kind) rows.delete(change.id);
      }
      return [...rows.values()];
    },
    put(kind, row) {
      changes.push({ put: kind, row } as Change);
      fresh.set(`${kind} ${row.id}`, row);
    },
    remove(kind, id) {
      changes.push({ remove: kind, id });
      fresh.set(`${kind} ${id}`, undefined);
    },
    emit(type, object, previousAttributes) {
      const urls = urlsFor(endpoints, type);
      const event: StoredEvent = {
        id: newId('evt'),
        object: 'event',
        api_version: API_VERSION,
        created: now,
        data: { object, ...(previousAttributes && { previous_attributes: previousAttributes }) },
        livemode: false,
        pending_webhooks: urls.length,
        request: { id: origin.requestId, idempotency_key: origin.idempotencyKey },
        type,
      };
      unit.put('event', event);
      for (const url of urls) {
        const id = `${event.id} ${url}`;
        unit.put('delivery', {
          id,
          eventId: event.id,
          url,
          attempts: 0,
          createdAt: nowMs,
          nextAttemptAt: nowMs,
        });
      }
    },
  };
  return unit;
}

/** Opens the store in a folder, with everything that was ever acknowledged. */
export async function openStore(
  dataFolder: string,
  clock: () => Date,
  compactAboveBytes: number,
): Promise<Store> {
  await mkdir(dataFolder, { recursive: true });
  const file = join(dataFolder, 'journal.jsonl');
  const tables = emptyTables();
  const bytes = await replayJournal(file, (changes) => {
    for (const change of changes as Change[]) applyChange(tables, change);
  });
  if (bytes > compactAboveBytes) {
    forget(tables, clock().getTime());
    await rewriteJournal(file, allRows(tables));
  }
  const journal = await openJournal(file);
  return {
    tables,
    begin: (origin, endpoints) => beginUnit(tables, clock().getTime(), origin, endpoints),
    commit(changes) {
      if (changes.length === 0) return journal.flushed();
      for (const change of changes) applyChange(tables, change);
      return journal.append(changes);
    },
    flushed: () => journal.flushed(),
    close: () => journal.close(),
  };
}
