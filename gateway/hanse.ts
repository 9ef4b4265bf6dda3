/** What makes the gateway Hanse's: its supergraph, whose tokens it takes, which headers it passes on. */
import { readFileSync } from 'node:fs';
import { subgraphNames, type SubgraphName } from '../subgraphs/list.js';
import { forwardedHeaders, serviceCaller } from '../subgraphs/shared/caller.js';
import type { Clock } from '../subgraphs/shared/clock.js';
import { root } from '../subgraphs/shared/root.js';
import type { Subgraph } from '../subgraphs/shared/subgraph.js';
import type { ServiceHealth } from './health.js';
import type { Log } from './log.js';
import { startGateway, type Gateway } from './server.js';
import { createTokenVerifier, type TokenVerifierOptions } from './token.js';
import { welcomeQuery } from './welcome.js';

/** A subgraph as the gateway sees it, in this process or in others. */
export type Upstream = Pick<Subgraph, 'execute' | 'subscribe' | 'ready'>;

export interface HanseGatewayOptions {
  upstreams: Record<SubgraphName, Upstream>;
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** COUNTRY_HEADER. */
  countryHeader: string | undefined;
  /** TRUSTED_PROXIES. */
  trustedProxies: number;
  clock: Clock;
  log: Log;
}

type Keys = Awaited<ReturnType<TokenVerifierOptions['jwks']>>;

const supergraphSdl = (): string => readFileSync(new URL('schema/supergraph.graphql', root), 'utf8');

/** The public keys of users' access tokens, asked of users as any other service would. */
async function fetchKeys(users: Upstream): Promise<Keys> {
  const { data, errors } = await users.execute({
    query: '{ signingKeys }',
    caller: serviceCaller('gateway', 'signing-keys'),
  });
  if (errors?.[0]) throw errors[0];
  return { keys: (data as { signingKeys: Keys['keys'] }).signingKeys };
}

async function stateOf(upstream: Upstream): Promise<ServiceHealth> {
  try {
    const shortage = await upstream.ready();
    return shortage === undefined ? { status: 'up' } : { status: 'degraded', detail: shortage };
  } catch {
    return { status: 'down', detail: 'it does not answer, or does not reach its database' };
  }
}

/** Listens when the promise resolves; subgraphs need not be up yet. */
export const startHanseGateway = ({ upstreams, clock, ...options }: HanseGatewayOptions): Promise<Gateway> =>
  startGateway({
    ...options,
    supergraphSdl: supergraphSdl(),
    sources: upstreams,
    verifyToken: createTokenVerifier({
      jwks: () => fetchKeys(upstreams.users),
      issuer: 'hanse',
      audience: 'hanse',
      clock,
    }),
    forwardedHeaders,
    ready: async () => {
      const states = subgraphNames.map(async (name) => [name, await stateOf(upstreams[name])] as const);
      return Object.fromEntries(await Promise.all(states));
    },
    welcomeQuery,
  });
