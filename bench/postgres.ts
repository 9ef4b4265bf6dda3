/** The embedded PostgreSQL, durable as `npm start` has it, which counts the statements it is sent. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../local/postgres/server.js';

export interface BenchPostgres {
  pid: number;
  version: string;
  /** As administrator of that database. */
  url(database: string): string;
  /** Statements that the roles of Hanse have sent so far, BEGIN and COMMIT apart. */
  statements(): Promise<number>;
  /** By its clock. */
  now(): Promise<Date>;
  /** What was sent most of the time since the last call, the longest in all first; counting begins anew. */
  takeStatements(most: number): Promise<Statement[]>;
  /** A copy of a database that nobody is connected to. */
  copyDatabase(from: string, to: string): Promise<void>;
  stop(): Promise<void>;
}

/** One statement, whatever its values were. */
export interface Statement {
  /** The role that sent it, less the prefix: a subgraph or `relay`. */
  sender: string;
  text: string;
  calls: number;
  /** Milliseconds of executing all of them. */
  ms: number;
}

const statementsSince = `
  SELECT regexp_replace(userid::regrole::text, '^.*_', '') AS sender, query AS text, sum(calls)::float AS calls,
    sum(total_exec_time) AS ms
  FROM pg_stat_statements WHERE userid <> current_user::regrole
  GROUP BY 1, 2 ORDER BY ms DESC LIMIT $1`;

const settings = {
  shared_preload_libraries: 'pg_stat_statements',
  // Without BEGIN, COMMIT and the like.
  'pg_stat_statements.track_utility': 'off',
  'pg_stat_statements.save': 'off',
};

export async function startBenchPostgres(folder: string): Promise<BenchPostgres> {
  const server = await startPostgres({ dataFolder: join(folder, 'postgres'), settings });
  const client = new pg.Client({ connectionString: server.adminUrl });
  try {
    await client.connect();
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return {
      pid: server.pid,
      version: rows[0]?.server_version.split(' ')[0] ?? '',
      url: (database) => {
        const url = new URL(server.adminUrl);
        url.pathname = `/${database}`;
        return url.toString();
      },
      statements: async () => {
        const { rows: counted } = await client.query<{ calls: string | null }>(
          // Without the texts, which it would read from a file; and without this one.
          'SELECT sum(calls) AS calls FROM pg_stat_statements(false) WHERE userid <> current_user::regrole',
        );
        return Number(counted[0]?.calls ?? 0);
      },
      now: async () => (await client.query<{ now: Date }>('SELECT now()')).rows[0]?.now ?? new Date(NaN),
      takeStatements: async (most) => {
        const { rows: taken } = await client.query<Statement>(statementsSince, [most]);
        await client.query('SELECT pg_stat_statements_reset()');
        return taken;
      },
      copyDatabase: async (from, to) => {
        await client.query(
          `CREATE DATABASE ${pg.escapeIdentifier(to)} TEMPLATE ${pg.escapeIdentifier(from)}`,
        );
      },
      stop: async () => {
        await client.end();
        await server.stop();
        await rm(server.folder, { recursive: true, force: true, maxRetries: 5 });
      },
    };
  } catch (error) {
    await client.end().catch(() => undefined);
    await server.stop();
    throw error;
  }
}
