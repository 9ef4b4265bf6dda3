/** Configuration: read from the environment once, checked at once, with errors that name the variable and a way out. */
import { z } from 'zod';
import { subgraphNames, type SubgraphName } from '../list.js';
import { isCurrencyCode } from './money.js';

export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : 'problems'}:\n${problems.map((one) => `  - ${one}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

interface Variable<T> {
  schema: z.ZodType<T, string | undefined>;
  meaning: string;
  example: string;
}

const variable = <T>(
  schema: z.ZodType<T, string | undefined>,
  meaning: string,
  example: string,
): Variable<T> => ({ schema, meaning, example });

const port = (fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, 'is not a number')
    .default(String(fallback))
    .transform(Number)
    .refine((n) => n <= 65_535, 'is not a port');
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)),
      `is not a URL with ${protocols.join(' or ')}`,
    )
    .optional();
const postgresUrl = url('postgresql', 'postgres');

/** Every variable that Hanse reads: `npm start -- --help` prints this table. */
export const variables = {
  HOST: variable(z.string().default('127.0.0.1'), 'address to listen on', '0.0.0.0'),
  PORT: variable(port(4000), 'port of the gateway', '4000'),
  HANSE_DATA: variable(
    z.string().min(1).default('.hanse'),
    'folder for what the built-in parts keep',
    '/var/lib/hanse',
  ),
  HANSE_MASTER_KEY: variable(
    z
      .string()
      .refine((text) => Buffer.from(text, 'base64').length === 32, 'is not 32 bytes in base64')
      .optional(),
    'key that wraps all others; made and kept in HANSE_DATA when absent',
    'the output of: openssl rand -base64 32',
  ),
  DATABASE_URL: variable(
    postgresUrl,
    'a PostgreSQL server of your own (15 or later), as a role that may create schemas and roles; embedded when absent',
    'postgresql://postgres:secret@127.0.0.1:5432/hanse',
  ),
  POSTGRES_PORT: variable(port(0), 'port of the embedded PostgreSQL; a free one when 0', '5433'),
  REDIS_URL: variable(
    url('redis', 'rediss'),
    'Redis for subscriptions and wake-ups; in memory when absent',
    'redis://127.0.0.1:6379',
  ),
  OPENSEARCH_URL: variable(
    url('http', 'https'),
    'OpenSearch for product search; PostgreSQL when absent',
    'http://127.0.0.1:9200',
  ),
  STRIPE_SECRET_KEY: variable(
    z.string().min(1).optional(),
    "Stripe's secret key; the built-in sandbox when absent",
    'sk_test_...',
  ),
  STRIPE_WEBHOOK_SECRET: variable(
    z.string().min(1).optional(),
    "secret of Stripe's webhook endpoint",
    'whsec_...',
  ),
  STRIPE_API_BASE: variable(
    url('http', 'https'),
    'another server that speaks as Stripe does',
    'http://127.0.0.1:12111',
  ),
  PAYMENTS_PORT: variable(
    port(0),
    'port on which payments takes webhooks; a free one when 0, but 4005 with STRIPE_SECRET_KEY',
    '4005',
  ),
  STRIPE_SANDBOX_PORT: variable(port(0), 'port of the payment sandbox; a free one when 0', '4010'),
  SMTP_URL: variable(
    url('smtp', 'smtps'),
    'mail server; mail is written to HANSE_DATA/mail when absent',
    'smtp://127.0.0.1:1025',
  ),
  MAIL_FROM: variable(
    z.string().min(3).default('Hanse <shop@example.com>'),
    'sender of mails',
    'Shop <shop@example.com>',
  ),
  SHOP_CURRENCY: variable(
    z.string().default('EUR').refine(isCurrencyCode, 'is not an ISO 4217 code'),
    'currency where the client names none',
    'EUR',
  ),
  SHOP_LOCALE: variable(
    z
      .string()
      .default('en-GB')
      .refine((text) => Intl.getCanonicalLocales(text).length === 1, 'is not a locale'),
    'language and format where the client names none',
    'en-GB',
  ),
  LOG_LEVEL: variable(
    z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    'the least severe log lines to write',
    'info',
  ),
  DEMO: variable(
    z.enum(['on', 'off']).default('on'),
    'whether an empty shop is filled with the demonstration catalogue and accounts',
    'off',
  ),
} satisfies Record<string, Variable<unknown>>;

type Values = { [Name in keyof typeof variables]: z.output<(typeof variables)[Name]['schema']> };

export interface Config {
  host: string;
  port: number;
  dataFolder: string;
  /** 32 bytes; absent: to be made and kept by who starts the shop. */
  masterKey: Buffer | undefined;
  databaseUrl: string | undefined;
  /** URLs of single subgraphs' roles, `ORDERS_DATABASE_URL`, where they are given. */
  databaseUrls: Partial<Record<SubgraphName | 'relay', string>>;
  postgresPort: number;
  redisUrl: string | undefined;
  opensearchUrl: string | undefined;
  /** Prefix of Redis channels and search indexes: several shops on one server stay apart. */
  prefix: string;
  stripe: {
    secretKey: string | undefined;
    webhookSecret: string | undefined;
    apiBase: string | undefined;
    sandboxPort: number;
  };
  paymentsPort: number;
  mail: { smtpUrl: string | undefined; from: string };
  shop: { currencyCode: string; locale: string };
  logLevel: string;
  demo: boolean;
}

/** The configuration of a shop that runs: what was absent has been made. */
export interface ShopConfig extends Config {
  masterKey: Buffer;
}

/** Parses `env`; throws one ConfigError that names all that is wrong. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { schema, example }] of Object.entries(variables)) {
    // An empty variable is an absent one: that is how compose files and shells switch things off.
    const parsed = schema.safeParse(env[name] || undefined);
    if (parsed.success) values[name] = parsed.data;
    else
      problems.push(`${name} ${parsed.error.issues[0]?.message ?? 'is wrong'}. Example: ${name}=${example}`);
  }
  const databaseUrls: Config['databaseUrls'] = {};
  for (const name of [...subgraphNames, 'relay'] as const) {
    const key = `${name.toUpperCase()}_DATABASE_URL`;
    const parsed = postgresUrl.safeParse(env[key] || undefined);
    if (!parsed.success)
      problems.push(
        `${key} is not a URL with postgresql. Example: ${key}=postgresql://hanse_${name}:secret@127.0.0.1:5432/hanse`,
      );
    else if (parsed.data) databaseUrls[name] = parsed.data;
  }
  if (env['STRIPE_SECRET_KEY'] && !env['STRIPE_WEBHOOK_SECRET']) {
    problems.push(
      'STRIPE_WEBHOOK_SECRET is missing: with STRIPE_SECRET_KEY set, webhooks must be verified. Example: STRIPE_WEBHOOK_SECRET=whsec_...',
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const v = values as Values;
  return {
    host: v.HOST,
    port: v.PORT,
    dataFolder: v.HANSE_DATA,
    masterKey: v.HANSE_MASTER_KEY === undefined ? undefined : Buffer.from(v.HANSE_MASTER_KEY, 'base64'),
    databaseUrl: v.DATABASE_URL,
    databaseUrls,
    postgresPort: v.POSTGRES_PORT,
    redisUrl: v.REDIS_URL,
    opensearchUrl: v.OPENSEARCH_URL,
    prefix: 'hanse',
    stripe: {
      secretKey: v.STRIPE_SECRET_KEY,
      webhookSecret: v.STRIPE_WEBHOOK_SECRET,
      apiBase: v.STRIPE_API_BASE,
      sandboxPort: v.STRIPE_SANDBOX_PORT,
    },
    paymentsPort: v.PAYMENTS_PORT || (v.STRIPE_SECRET_KEY && !v.STRIPE_API_BASE ? 4005 : 0),
    mail: { smtpUrl: v.SMTP_URL, from: v.MAIL_FROM },
    shop: { currencyCode: v.SHOP_CURRENCY, locale: v.SHOP_LOCALE },
    logLevel: v.LOG_LEVEL,
    demo: v.DEMO === 'on',
  };
}
