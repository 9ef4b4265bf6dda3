/** Finds the database to ask and the role to ask as: the one that may do nothing but read, where that can be. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { keepMasterKey } from '../../local/master-key.js';
import { readConfig } from '../../subgraphs/shared/config.js';
import { databaseUrlOf } from '../../subgraphs/shared/database-urls.js';
import { openEmbedded } from './embedded.js';
import { UsageError } from './options.js';

export interface Database {
  client: pg.Client;
  /** Database, server and role, without the password. */
  name: string;
  close(): Promise<void>;
}

type Env = Record<string, string | undefined>;

/** No such role, or another password: the role was made with another master key, or not at all. */
const refusesLogin = (error: unknown): boolean =>
  ['28P01', '28000'].includes((error as { code?: string }).code ?? '');

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'hanse-verify' });
  // A lost connection fails the statement that waits for it; this one only would end the process without a word.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** As the reading role where the master key is known and the role is there, else as the URL says. */
async function connectToRead(url: string, masterKey: Buffer | undefined): Promise<pg.Client> {
  if (!masterKey) return connect(url);
  return connect(databaseUrlOf('verify', { databaseUrl: url, masterKey })).catch((error: unknown) => {
    if (refusesLogin(error)) return connect(url);
    throw error;
  });
}

/** The operator's key, or the one that a start has made and kept; none is made here. */
function knownMasterKey(config: { masterKey: Buffer | undefined; dataFolder: string }): Buffer | undefined {
  if (config.masterKey) return config.masterKey;
  return existsSync(join(config.dataFolder, 'master.key')) ? keepMasterKey(config.dataFolder) : undefined;
}

function verifyUrl(env: Env): string | undefined {
  const url = env['VERIFY_DATABASE_URL'] || undefined;
  if (url && !/^postgres(ql)?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    throw new UsageError(
      'VERIFY_DATABASE_URL is not a URL with postgresql. Example: VERIFY_DATABASE_URL=postgresql://hanse_verify:secret@127.0.0.1:5432/hanse',
    );
  return url;
}

/** What says where the database is; what else the shop is told may be missing or wrong here. */
const variables = ['DATABASE_URL', 'HANSE_DATA', 'HANSE_MASTER_KEY'];
const ownPart = (env: Env): Env =>
  Object.fromEntries(variables.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));

/** Opens the database that the environment names; `close` leaves everything as it was. */
export async function openDatabase(env: Env, onProgress: (message: string) => void): Promise<Database> {
  const url = verifyUrl(env);
  const config = readConfig(ownPart(env));
  const embedded = url || config.databaseUrl ? undefined : await openEmbedded(config.dataFolder, onProgress);
  const closeEmbedded = async (): Promise<void> => embedded?.close();
  try {
    const client = url
      ? await connect(url)
      : await connectToRead(config.databaseUrl ?? embedded?.adminUrl ?? '', knownMasterKey(config));
    const { user = '', host, port, database = '' } = client;
    return {
      client,
      name: `${database} on ${host}:${port} as ${user}`,
      close: () => client.end().finally(closeEmbedded),
    };
  } catch (error) {
    await closeEmbedded();
    throw error;
  }
}
