/** `npm run db`: makes schemas, roles and tables on a PostgreSQL server of your own, and prints the services' URLs. */
import { readConfig, type Config } from '../../subgraphs/shared/config.js';
import { databaseUrls } from '../../subgraphs/shared/database-urls.js';
import { prepareDatabase } from './prepare.js';

const help = `npm run db -- COMMAND

  prepare   makes a schema and a role per subgraph, the roles of relay and verify, and applies pending migrations;
            safe to repeat
  urls      prints the variables with which each service reaches its schema, and npm run verify all of them
            (they hold passwords)

Variables: DATABASE_URL        the server, as a role that may create schemas and roles
           HANSE_MASTER_KEY    32 bytes in base64 (openssl rand -base64 32): the roles' passwords are derived from it

A new migration while you develop: SUBGRAPH=orders ORDERS_DATABASE_URL=... npx prisma migrate dev --name what_it_does
`;

function required(config: Config): { adminUrl: string; masterKey: Buffer } {
  const { databaseUrl, masterKey } = config;
  if (!databaseUrl)
    throw new Error(
      'DATABASE_URL is missing. Example: DATABASE_URL=postgresql://postgres:secret@127.0.0.1:5432/hanse',
    );
  if (!masterKey)
    throw new Error(
      'HANSE_MASTER_KEY is missing. Make one: openssl rand -base64 32. Keep it: what it seals is lost without it.',
    );
  return { adminUrl: databaseUrl, masterKey };
}

const print = (urls: Record<string, string>): void => {
  for (const [name, url] of Object.entries(urls)) console.log(`${name.toUpperCase()}_DATABASE_URL=${url}`);
};

async function main(command: string | undefined): Promise<void> {
  if (command === 'prepare') {
    await prepareDatabase({ ...required(readConfig(process.env)), onProgress: console.log });
    console.log('The database is ready. npm run db -- urls prints what each service needs.');
  } else if (command === 'urls') {
    const { adminUrl, masterKey } = required(readConfig(process.env));
    print(databaseUrls({ databaseUrl: adminUrl, masterKey }));
  } else {
    console.log(help);
    if (command !== undefined && command !== '--help' && command !== 'help')
      throw new Error(`There is no command ${command}.`);
  }
}

try {
  await main(process.argv[2]);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
