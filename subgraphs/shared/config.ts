/** Configuration: read from the environment once, checked at once, with errors that name the variable and a way out. */
import type { z } from 'zod';
import { subgraphNames, subgraphs, type SubgraphName } from '../list.js';
import type { ServiceKey } from './http/signature.js';
import { carrierOf, ordersConfigOf, type CarrierConfig, type OrdersConfig } from './order-variables.js';
import type { Rounding } from './money.js';
import { stockConfigOf, type StockConfig } from './stock-variables.js';
import { origins, postgresUrl, variables } from './variables.js';

export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : 'problems'}:\n${problems.map((one) => `  - ${one}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

type Values = { [Name in keyof typeof variables]: z.output<(typeof variables)[Name]['schema']> };

export interface Config {
  host: string;
  port: number;
  /** The header that names the connection's country; absent: nobody tells it. */
  countryHeader: string | undefined;
  trustedProxies: number;
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
  /** What separate processes sign with; empty where there is one process. */
  serviceKeys: readonly ServiceKey[];
  /** Where separate subgraphs are: origins, of one process or of several alike. */
  serviceOrigins: Record<SubgraphName, readonly string[]>;
  stripe: {
    secretKey: string | undefined;
    webhookSecret: string | undefined;
    apiBase: string | undefined;
    sandboxPort: number;
  };
  paymentsPort: number;
  /** What PAYMENT_RULES holds; undefined: the defaults. Payments checks it (payments/settings.ts). */
  paymentRules: unknown;
  mail: {
    smtpUrl: string | undefined;
    from: string;
    /** Page of the shop front for an order, with `{number}` and `{code}`; null: mails have no link. */
    orderUrl: string | null;
  };
  shop: { currencyCode: string; locale: string; timeZone: string };
  orders: OrdersConfig;
  tax: {
    /** Currencies whose prices have no tax in them. */
    pricesWithoutTax: readonly string[];
    rounding: Rounding;
    service: { url: string; token: string | undefined } | undefined;
  };
  stock: StockConfig;
  /** Who carries parcels. */
  carrier: CarrierConfig | null;
  logLevel: string;
  demo: boolean;
}

/** The configuration of a shop that runs: what was absent has been made. */
export interface ShopConfig extends Config {
  masterKey: Buffer;
}

type Env = Record<string, string | undefined>;

function readOrigins(env: Env, problems: string[]): Config['serviceOrigins'] {
  const read: Partial<Config['serviceOrigins']> = {};
  for (const { name, port } of subgraphs) {
    const key = `${name.toUpperCase()}_URL`;
    const parsed = origins.safeParse(env[key] || `http://127.0.0.1:${port}`);
    if (!parsed.success)
      problems.push(`${key} ${parsed.error.issues[0]?.message}. Example: ${key}=http://${name}:${port}`);
    read[name] = parsed.data ?? [];
  }
  return read as Config['serviceOrigins'];
}

/** Parses `env`; throws one ConfigError that names all that is wrong. `defaultPort` stands where PORT is absent. */
export function readConfig(env: Env, defaultPort = 4000): Config {
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
  if (env['CARRIER_URL'] && !env['CARRIER_KEY'])
    problems.push(
      'CARRIER_KEY is missing: the carrier wants to know who asks. Example: CARRIER_KEY=ck_live_...',
    );
  const serviceOrigins = readOrigins(env, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const v = values as Values;
  return {
    host: v.HOST,
    port: v.PORT ?? defaultPort,
    countryHeader: v.COUNTRY_HEADER,
    trustedProxies: v.TRUSTED_PROXIES,
    dataFolder: v.HANSE_DATA,
    masterKey: v.HANSE_MASTER_KEY === undefined ? undefined : Buffer.from(v.HANSE_MASTER_KEY, 'base64'),
    databaseUrl: v.DATABASE_URL,
    databaseUrls,
    postgresPort: v.POSTGRES_PORT,
    redisUrl: v.REDIS_URL,
    opensearchUrl: v.OPENSEARCH_URL,
    prefix: v.HANSE_PREFIX,
    serviceKeys: v.HANSE_SERVICE_KEYS ?? [],
    serviceOrigins,
    stripe: {
      secretKey: v.STRIPE_SECRET_KEY,
      webhookSecret: v.STRIPE_WEBHOOK_SECRET,
      apiBase: v.STRIPE_API_BASE,
      sandboxPort: v.STRIPE_SANDBOX_PORT,
    },
    paymentsPort: v.PAYMENTS_PORT || (v.STRIPE_SECRET_KEY && !v.STRIPE_API_BASE ? 4005 : 0),
    paymentRules: v.PAYMENT_RULES,
    mail: { smtpUrl: v.SMTP_URL, from: v.MAIL_FROM, orderUrl: v.SHOP_ORDER_URL ?? null },
    shop: { currencyCode: v.SHOP_CURRENCY, locale: v.SHOP_LOCALE, timeZone: v.SHOP_TIME_ZONE },
    orders: ordersConfigOf(v),
    tax: {
      pricesWithoutTax: v.SHOP_PRICES_WITHOUT_TAX,
      rounding: v.TAX_ROUNDING,
      service: v.TAX_SERVICE_URL ? { url: v.TAX_SERVICE_URL, token: v.TAX_SERVICE_TOKEN } : undefined,
    },
    stock: stockConfigOf(v),
    carrier: carrierOf(v),
    logLevel: v.LOG_LEVEL,
    demo: v.DEMO === 'on',
  };
}
