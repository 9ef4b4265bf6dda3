/** Every variable that Hanse reads, with its meaning, an example and what it must be. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ServiceKey } from './http/signature.js';
import { stockVariables } from './stock-variables.js';
import { orderVariables } from './order-variables.js';
import { isCurrencyCode, roundings } from './money.js';

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

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const port = () =>
  z
    .string()
    .regex(/^\d+$/, 'is not a number')
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
export const postgresUrl = url('postgresql', 'postgres');

/** `id:base64,id:base64`, the first is the one to sign with. */
const serviceKeys = z
  .string()
  .regex(/^[\w.-]{1,64}:[\w+/=-]+(,[\w.-]{1,64}:[\w+/=-]+)*$/, 'is not a list of id:key')
  .transform((text): ServiceKey[] =>
    text.split(',').map((one) => {
      const [id = '', secret = ''] = one.split(':');
      return { id, secret: Buffer.from(secret, 'base64') };
    }),
  )
  .refine((keys) => keys.every(({ secret }) => secret.length >= 32), 'has a key of less than 32 bytes')
  .optional();

/** `http://a:4004,http://b:4004` */
export const origins = z
  .string()
  .transform((text) => text.split(',').map((one) => one.trim()))
  .refine(
    (all) => all.every((one) => URL.canParse(one) && /^https?:$/.test(new URL(one).protocol)),
    'is not a list of URLs with http or https',
  )
  .transform((all) => all.map((one) => new URL(one).origin));

/** JSON, or the path of a file with JSON. */
const jsonOrFile = z
  .string()
  .transform((text, context): unknown => {
    const written = text.trimStart().startsWith('{') ? text : readFile(text);
    if (written === null) {
      context.addIssue({
        code: 'custom',
        message: 'names a file that cannot be read, and is no JSON object',
      });
      return z.NEVER;
    }
    try {
      return JSON.parse(written);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `is not JSON (${(error as Error).message})` });
      return z.NEVER;
    }
  })
  .optional();

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Every variable that Hanse reads: `npm start -- --help` prints this table. */
export const variables = {
  HOST: variable(z.string().default('127.0.0.1'), 'address to listen on', '0.0.0.0'),
  PORT: variable(
    port().optional(),
    'port of the gateway (4000), or of a subgraph with a process of its own',
    '4000',
  ),
  COUNTRY_HEADER: variable(
    z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'is not the name of an HTTP header')
      .optional(),
    "the header in which the proxy in front of the gateway says the connection's country (ISO 3166-1 alpha-2), for the risk of fraud; the proxy must overwrite what clients send in it",
    'cf-ipcountry',
  ),
  TRUSTED_PROXIES: variable(
    z.string().regex(/^\d$/, 'is not 0 to 9').transform(Number).default(0),
    'how many proxies of yours stand before the gateway, each adding to x-forwarded-for: the buyer’s IP address, for lists of risk, is what the first of them saw; 0 where clients connect to it themselves',
    '1',
  ),
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
  POSTGRES_PORT: variable(port().default(0), 'port of the embedded PostgreSQL; a free one when 0', '5433'),
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
    port().default(0),
    'port on which payments takes webhooks; a free one when 0, but 4005 with STRIPE_SECRET_KEY',
    '4005',
  ),
  STRIPE_SANDBOX_PORT: variable(port().default(0), 'port of the payment sandbox; a free one when 0', '4010'),
  PAYMENT_RULES: variable(
    jsonOrFile,
    'thresholds and rules of compliance and fraud score, as JSON or a file with it; docs/guide.md says what can be set',
    '{"risk":{"refusedOver":0.9}}',
  ),
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
  SHOP_ORDER_URL: variable(
    z
      .string()
      .refine(
        (text) =>
          URL.canParse(text) && /^https?:/.test(text) && text.includes('{number}') && text.includes('{code}'),
        'is not a URL with http or https, with {number} and {code} in it',
      )
      .optional(),
    "page of the shop front to which mails lead guests back to their order: {number} is the order's, {code} their access code; mails have no link when absent",
    'https://shop.example/orders/{number}#{code}',
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
  ...orderVariables,
  SHOP_TIME_ZONE: variable(
    z.string().default('UTC').refine(isTimeZone, 'is not a time zone'),
    'time zone of the shop: which day a parcel leaves',
    'Europe/Berlin',
  ),
  SHOP_PRICES_WITHOUT_TAX: variable(
    z
      .string()
      .default('USD,CAD')
      .transform((text) => text.split(',').map((code) => code.trim()))
      .refine(
        (codes) => (codes.length === 1 && codes[0] === 'none') || codes.every(isCurrencyCode),
        'is neither a list of ISO 4217 codes nor the word none',
      ),
    'currencies whose prices have no tax in them: it is added to them; all others have it in them',
    'USD,CAD',
  ),
  TAX_ROUNDING: variable(
    z.enum(roundings).default('HALF_UP'),
    "what becomes of half a cent of a line's tax: HALF_UP (away from zero) or HALF_EVEN",
    'HALF_UP',
  ),
  TAX_SERVICE_URL: variable(
    url('http', 'https'),
    "a tax service (docs/services.md); the shop's own rates when absent",
    'https://tax.example.com/quote',
  ),
  TAX_SERVICE_TOKEN: variable(
    z.string().min(1).optional(),
    'what the tax service is shown as `Authorization: Bearer`',
    'the token that the service gave you',
  ),
  ...stockVariables,
  LOG_LEVEL: variable(
    z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    'the least severe log lines to write',
    'info',
  ),
  HANSE_SERVICE_KEYS: variable(
    serviceKeys,
    'keys with which separate processes sign what they ask of each other, the newest first',
    '2026-11:the output of openssl rand -base64 32',
  ),
  HANSE_PREFIX: variable(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not made of lower-case letters, digits and hyphens')
      .default('hanse'),
    'prefix of Redis channels and search indexes: several shops on one server stay apart',
    'hanse',
  ),
  DEMO: variable(
    z.enum(['on', 'off']).default('on'),
    'whether an empty shop is filled with the demonstration catalogue and accounts',
    'off',
  ),
} satisfies Record<string, Variable<unknown>>;
