/** Transactions of a Prisma client whose raw statements go straight to their connection, as `direct-sql.ts` has it. */
import pg from 'pg';
import type { Sql } from './db.js';
import { directSql } from './direct-sql.js';

/** A connection that knows which transaction it is in. */
export class TransactionClient extends pg.Client {
  /** How many transactions began on it. */
  begun = 0;
  /** Whether the last one of them still runs. */
  running = false;

  /** Told of everything that is sent. */
  onStatement(text: string): void {
    if (text === 'BEGIN') {
      this.begun += 1;
      this.running = true;
    } else if (text === 'COMMIT' || text === 'ROLLBACK') this.running = false;
  }

  override query = ((...parameters: unknown[]) => {
    const [query] = parameters;
    this.onStatement(
      typeof query === 'string' ? query : ((query as { text?: string } | undefined)?.text ?? ''),
    );
    return (pg.Client.prototype.query as (...p: unknown[]) => unknown).apply(this, parameters);
  }) as pg.Client['query'];
}

type Taken = Promise<TransactionClient>;

/** A pool that tells who opens a transaction which connection it is given. */
export class TransactionPool extends pg.Pool {
  /** Resolves when the transaction that opens at this moment has asked for its connection. */
  turn: Promise<void> = Promise.resolve();
  /** Of the transaction that opens at this moment. */
  onTaken: ((taken: Taken) => void) | undefined;

  override connect = ((heard?: unknown) => {
    const connect = pg.Pool.prototype.connect as unknown as (heard?: unknown) => Taken;
    const { onTaken } = this;
    // Prisma waits for a promise; statements outside a transaction come with a callback.
    if (heard !== undefined || !onTaken) return connect.call(this, heard);
    this.onTaken = undefined;
    const taken = connect.call(this);
    onTaken(taken);
    return taken;
  }) as unknown as pg.Pool['connect'];
}

/**
 * Raw statements of a transaction, one after the other, as a connection takes them. None is sent after the transaction's
 * end: when Prisma gives it up for having lasted too long, the connection is somebody else's a moment later.
 */
function ownStatements(connection: TransactionClient): Sql {
  const own = connection.begun;
  let last: Promise<unknown> = Promise.resolve();
  const query = (config: pg.QueryConfig): Promise<pg.QueryResult> => {
    const next = last.then(() => {
      if (connection.begun !== own || !connection.running)
        throw new Error('The transaction has ended already.');
      return connection.query(config);
    });
    last = next.catch(() => undefined);
    return next;
  };
  return directSql({ query: query as pg.Client['query'] });
}

/** Not by assigning: what is set on Prisma's transaction is set on its client. */
function withOwnStatements<Db extends Sql>(db: Db, connection: TransactionClient): Db {
  const own: Record<string | symbol, unknown> = { ...ownStatements(connection) };
  return new Proxy(db, { get: (target, name) => own[name] ?? Reflect.get(target, name) });
}

type Work<Db, T> = (db: Db) => Promise<T>;
type Transaction<Db> = <T>(work: Work<Db, T>, options?: object) => Promise<T>;

/**
 * Prisma's `$transaction`, in which raw statements go straight to the transaction's connection. Prisma does not tell which
 * that is, so one transaction at a time asks the pool for its own; it has no other reason to wait.
 */
async function openTransaction<Db extends Sql, T>(
  pool: TransactionPool,
  transaction: Transaction<Db>,
  work: Work<Db, T>,
  options?: object,
): Promise<T> {
  const before = pool.turn;
  let next = (): void => {};
  pool.turn = new Promise((resolve) => (next = resolve));
  await before;
  let connection: TransactionClient | undefined;
  const onTaken = (taken: Taken): void => {
    next();
    taken.then(
      (client) => (connection = client),
      () => undefined, // Prisma hears of it
    );
  };
  pool.onTaken = onTaken;
  try {
    return await transaction((db) => {
      if (!connection) throw new Error('A transaction began without a connection of its pool.');
      return work(withOwnStatements(db, connection));
    }, options);
  } finally {
    if (pool.onTaken === onTaken) pool.onTaken = undefined;
    next();
  }
}

interface Client extends Sql {
  $connect(): Promise<void>;
  $transaction: unknown;
}

/**
 * Lets the raw statements of a Prisma client and of its transactions go their own way; other calls stay Prisma's. Loads its
 * query compiler now, which else the first of those calls would wait for.
 */
export async function connectClient<C extends Sql>(client: C, pool: TransactionPool): Promise<C> {
  const { $connect, $transaction } = client as C & Client;
  await $connect.call(client);
  const transaction: Transaction<Sql> = ($transaction as Transaction<Sql>).bind(client);
  return Object.assign(client, directSql(pool), {
    $transaction: <T>(work: Work<Sql, T>, options?: object) =>
      // A list of model calls is one transaction too, and has no raw statements of ours.
      Array.isArray(work) ? transaction(work, options) : openTransaction(pool, transaction, work, options),
  });
}
