/** One pool and one Prisma client per subgraph, on a role whose `search_path` is the subgraph's schema. */
import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import type { SubgraphName } from '../list.js';
import { statementName } from './direct-sql.js';
import { TransactionClient, TransactionPool } from './open-transaction.js';

/** What shared code needs of any subgraph's Prisma client or transaction. */
export interface Sql {
  $queryRaw<T = unknown>(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<T>;
  $executeRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<number>;
  $queryRawUnsafe<T = unknown>(query: string, ...values: unknown[]): PromiseLike<T>;
}

type StatementListener = (statement: string) => void;
const listeners = new Set<StatementListener>();

/**
 * Counts the SQL that this process sends, for tests and benchmarks: call the result to stop and get the statements.
 * `counts` is asked in the context of who sends one, so that it can tell a request's from a consumer's.
 */
export function recordStatements(counts: () => boolean = () => true): () => string[] {
  const statements: string[] = [];
  const listener: StatementListener = (statement) => {
    if (counts()) statements.push(statement);
  };
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    return statements;
  };
}

/** A pg client that tells the listeners what it sends, BEGIN and COMMIT included. */
class ListenedClient extends TransactionClient {
  override onStatement(text: string): void {
    super.onStatement(text);
    for (const listener of listeners) listener(text);
  }
}

export interface Database {
  pool: TransactionPool;
  /** For `new PrismaClient({ adapter })`. */
  adapter: PrismaPg;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  /** Connections at most. */
  max?: number;
  /** The subgraph's schema. Prisma qualifies every table with it, whatever the role's `search_path` is. */
  schema: SubgraphName;
  onError: (error: Error) => void;
}

/** Opens a pool; connections are made when first needed. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new TransactionPool({
    connectionString: options.url,
    max: options.max ?? 10,
    application_name: `hanse-${options.schema}`,
    statement_timeout: 5_000,
    idle_in_transaction_session_timeout: 10_000,
    // A plan for every value is kept. Postgres would make one anew for each list of ids (`= ANY($1)`), since it guesses ten
    // where two come, and making it costs several times what running it does.
    // Made when a shop is new, it is kept when its tables have grown: so a table is read by its indexes also where it has one
    // page. Postgres before 18 compiles what it does not get around, hence no JIT.
    options: '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off',
    Client: ListenedClient,
  } as pg.PoolConfig);
  pool.on('error', options.onError);
  // While a client goes from one user to the next nobody listens for its errors, and an error that nobody hears ends the
  // process: a crash of the database in that moment did. Who uses it learns of it from the next statement.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    pool,
    adapter: new PrismaPg(pool, {
      schema: options.schema,
      statementNameGenerator: ({ sql }) => statementName(sql),
    }),
    close: () => pool.end(),
  };
}
