import type { SubgraphName } from '../list.js';
import { createCall, type Call, type Door } from './call.js';
import type { Caller } from './caller.js';
import type { Clock } from './clock.js';
import type { ShopConfig } from './config.js';
import type { Wake } from './events/wake.js';
import type { NewId } from './ids.js';
import type { Live } from './live.js';
import type { Log } from './log.js';
import { isCurrencyCode } from './money.js';
import { viewerOf, type Viewer } from './viewer.js';

/** What every subgraph is given at its start: the outside world, so that a test can give another. */
export interface Parts {
  config: ShopConfig;
  log: Log;
  clock: Clock;
  newId: NewId;
  live: Live;
  wake: Wake;
  databaseUrl: (subgraph: SubgraphName) => string;
  doorTo: (subgraph: SubgraphName) => Door;
}

/** What every subgraph's context has; each adds its `db`, loaders and outside parties. */
export interface BaseContext {
  viewer: Viewer;
  /** ISO 3166-1 alpha-2, of the viewer's connection; null where nobody tells it. */
  connectionCountry: string | null;
  /** The IP address of the viewer's connection; null where a service calls for itself. */
  connectionAddress: string | null;
  correlationId: string;
  /** BCP 47, of the request or the shop's default. */
  locale: string;
  /** ISO 4217, of the request or the shop's default. */
  currencyCode: string;
  clock: Clock;
  newId: NewId;
  log: Log;
  live: Live;
  wake: Wake;
  call: Call;
  config: ShopConfig;
}

const firstLocale = (header: string | undefined): string | undefined => {
  const [tag] = header?.split(/[,;]/) ?? [];
  try {
    return tag ? Intl.getCanonicalLocales(tag.trim())[0] : undefined;
  } catch {
    return undefined;
  }
};

export function createBaseContext(parts: Parts, subgraph: SubgraphName, caller: Caller): BaseContext {
  const currency = caller.headers['x-currency']?.toUpperCase();
  return {
    viewer: viewerOf(caller),
    connectionCountry: caller.clientCountry ?? null,
    connectionAddress: caller.clientAddress ?? null,
    correlationId: caller.correlationId,
    locale: firstLocale(caller.headers['accept-language']) ?? parts.config.shop.locale,
    currencyCode: currency && isCurrencyCode(currency) ? currency : parts.config.shop.currencyCode,
    clock: parts.clock,
    newId: parts.newId,
    log: parts.log,
    live: parts.live,
    wake: parts.wake,
    call: createCall(parts.doorTo, subgraph, caller),
    config: parts.config,
  };
}
