/** A command that runs until it is told to end: --help, configuration, progress, signals, errors that say a way out. */
import { ConfigError, readConfig, type Config } from './config.js';
import { isOutage } from './database-error.js';
import { variables } from './variables.js';

/** What has started, in order; ended in the opposite order. */
export type Stops = (() => Promise<void>)[];

export interface Program {
  /** What it is, for --help: the first lines, before the variables. */
  about: string;
  /** Where PORT is absent. */
  defaultPort?: number;
  /** Starts everything and gives what to say when it is up, given the seconds that it took. */
  start(config: Config, stops: Stops): Promise<(seconds: number) => string>;
  /** Errors of its own whose message is for people. */
  isForPeople?: (error: unknown) => error is Error;
}

const helpOf = ({ about }: Program): string =>
  `${about}

Variables:

${Object.entries(variables)
  .map(
    ([name, { meaning, example }]) => `  ${name.padEnd(22)} ${meaning}\n${' '.repeat(25)}example: ${example}`,
  )
  .join('\n')}

  ORDERS_DATABASE_URL and the like (one per subgraph, and RELAY_DATABASE_URL): another URL for that role alone
  ORDERS_URL and the like: where that subgraph is, when it is a process of its own; several, with commas between
`;

/** What a person can act on; anything else is a fault of ours and shows its stack. */
function explain(error: unknown, { isForPeople }: Program, config: Config | undefined): string {
  const { code, message } = error as { code?: string; message?: string };
  if (error instanceof ConfigError || isForPeople?.(error)) return error.message;
  if (code === 'EADDRINUSE') {
    const { port = 0 } = error as { port?: number };
    const variable =
      port === config?.paymentsPort
        ? 'PAYMENTS_PORT'
        : port === config?.stripe.sandboxPort
          ? 'STRIPE_SANDBOX_PORT'
          : 'PORT';
    return `Port ${port} is taken. End what listens there, or choose another: ${variable}=${port + 10}`;
  }
  if (code === 'ENOTFOUND' || isOutage(error)) {
    return `The database cannot be reached (${(message || code)?.trim().split('\n').at(-1)}). Start it, check DATABASE_URL or ORDERS_DATABASE_URL and the like, or leave them out for the embedded one of npm start.`;
  }
  if (code === '28P01' || code === '3D000' || code === '42501')
    return `The database refused: ${message}. Check DATABASE_URL.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Runs until SIGINT or SIGTERM; a second signal ends it at once. Exits with 1 where it could not start. */
export async function run(program: Program): Promise<void> {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    console.log(helpOf(program));
    return;
  }
  const stops: Stops = [];
  let config: Config | undefined;
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      for (const one of stops.splice(0).reverse())
        await one().catch((error: unknown) => console.error(explain(error, program, config)));
    })());
  const end = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(130);
    console.log(`\n${signal}: ending what runs. Once more to end at once.`);
    void stop().then(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  const began = performance.now();
  try {
    config = readConfig(process.env, program.defaultPort);
    const banner = await program.start(config, stops);
    console.log(banner((performance.now() - began) / 1000));
  } catch (error) {
    console.error(`\n${explain(error, program, config)}`);
    await stop();
    process.exit(1);
  }
}
