import type { SubgraphName } from '../list.js';
import { isTransient } from './database-error.js';
import type { Sql } from './db.js';
import { relayBell, type Wake } from './events/wake.js';

/** What a transaction needs of a context: the client (or the transaction that already runs) and the relay's bell. */
export interface TransactionContext {
  db: Sql;
  wake: Wake;
}

interface Client<Db> {
  $transaction<T>(work: (db: Db) => Promise<T>, options?: { timeout?: number; maxWait?: number }): Promise<T>;
}

const publishers = new WeakMap<object, SubgraphName>();

/** Notes that a transaction wrote to the outbox of `publisher`, so that its relay is woken when it has committed. */
export const markEvents = (db: Sql, publisher: SubgraphName): void => void publishers.set(db, publisher);

/** Whether `db` is a transaction already. One has `$transaction` too, for savepoints; only the client can connect. */
export const isTransaction = (db: Sql): boolean => !('$connect' in db);

const afterwards = new WeakMap<object, (() => void)[]>();

/** Runs `work` once the transaction has committed, and not at all where it does not; at once outside of one. It must not throw. */
export function afterCommit(db: Sql, work: () => void): void {
  if (!isTransaction(db)) work();
  else afterwards.set(db, [...(afterwards.get(db) ?? []), work]);
}

function ringFor(context: TransactionContext, db: Sql): void {
  const publisher = publishers.get(db);
  if (publisher) context.wake.ring(relayBell(publisher));
}

const attempts = 4;

/** Runs again what a deadlock or a serialisation failure has undone. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !isTransient(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2 ** attempt * 5));
    }
  }
}

/**
 * Runs `work` with a context whose `db` is a transaction, and wakes the relay after the commit. Inside a transaction it
 * joins that one, so that services can call services and an event handler's effect commits with its acknowledgement.
 * Deadlocks and serialisation failures are run again.
 */
export async function transact<Context extends TransactionContext, T>(
  context: Context,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  if (isTransaction(context.db)) return work(context);
  const client = context.db as unknown as Client<Context['db']>;
  return persistently(async () => {
    let transaction: Context['db'] | undefined;
    const result = await client.$transaction(
      (db) => {
        transaction = db;
        return work({ ...context, db });
      },
      { timeout: 10_000, maxWait: 5_000 },
    );
    if (transaction) {
      ringFor(context, transaction);
      afterwards.get(transaction)?.forEach((work) => work());
    }
    return result;
  });
}

/** `transact` for work that writes with one statement, which is a transaction by itself: without BEGIN and COMMIT. */
export async function transactOne<Context extends TransactionContext, T>(
  context: Context,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  if (isTransaction(context.db)) return work(context);
  return persistently(async () => {
    const result = await work(context);
    ringFor(context, context.db);
    return result;
  });
}
