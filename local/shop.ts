/** The whole graph in one process: all subgraphs, the relay between them, the gateway in front. */
import { readFileSync } from 'node:fs';
import { createTokenVerifier } from '../gateway/token.js';
import { startGateway, type Gateway } from '../gateway/server.js';
import type { Sources } from '../gateway/source.js';
import { subgraphNames, type SubgraphName } from '../subgraphs/list.js';
import { loadSubgraph } from '../subgraphs/load.js';
import { forwardedHeaders, serviceCaller } from '../subgraphs/shared/caller.js';
import { startRelay } from '../subgraphs/shared/events/relay.js';
import type { Parts } from '../subgraphs/shared/parts.js';
import type { Subgraph } from '../subgraphs/shared/subgraph.js';
import { welcomeQuery } from './welcome.js';

export interface Shop {
  gateway: Gateway;
  subgraphs: Record<SubgraphName, Subgraph>;
  /** Drains: the gateway first, then consumers, then connections. */
  stop(): Promise<void>;
}

export interface ShopOptions {
  parts: Omit<Parts, 'doorTo'>;
  relayUrl: string;
  /** Wraps what the gateway and the subgraphs reach each other by; tests put a JSON boundary there. */
  wrap?: (subgraph: Subgraph) => Subgraph;
}

const supergraphSdl = (): string =>
  readFileSync(new URL('../schema/supergraph.graphql', import.meta.url), 'utf8');

/** The public keys of users' access tokens, asked of users as any other service would. */
async function fetchKeys(users: Subgraph): Promise<{ keys: Record<string, unknown>[] }> {
  const { data, errors } = await users.execute({
    query: '{ signingKeys }',
    caller: serviceCaller('gateway', 'signing-keys'),
  });
  if (errors?.[0]) throw errors[0];
  return { keys: (data as { signingKeys: Record<string, unknown>[] }).signingKeys };
}

async function stateOf(subgraph: Subgraph): Promise<{ status: 'up' } | { status: 'down'; detail: string }> {
  try {
    await subgraph.ready();
    return { status: 'up' };
  } catch {
    return { status: 'down', detail: 'it does not reach its database' };
  }
}

/** Starts everything; on a failure what had started is ended again. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const { wrap = (subgraph) => subgraph } = options;
  const doors = new Map<SubgraphName, Subgraph>();
  const parts: Parts = {
    ...options.parts,
    doorTo: (name) => {
      const door = doors.get(name);
      if (!door) throw new Error(`${name} was called before it had started`);
      return door;
    },
  };
  const started: (() => Promise<void>)[] = [];
  const stopAll = async (): Promise<void> => {
    for (const stop of started.splice(0).reverse()) await stop();
  };
  try {
    const creators = await Promise.all(subgraphNames.map(loadSubgraph));
    const results = await Promise.allSettled(
      creators.map(async (create) => {
        const subgraph = await create(parts);
        started.push(() => subgraph.stop());
        doors.set(subgraph.name, wrap(subgraph));
        return subgraph;
      }),
    );
    const created = results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    await Promise.all(created.map((subgraph) => subgraph.start()));
    const relay = startRelay({ ...parts, url: options.relayUrl, schemas: subgraphNames });
    started.push(() => relay.stop());
    const subgraphs = Object.fromEntries(doors) as Record<SubgraphName, Subgraph>;
    const gateway = await startGateway({
      supergraphSdl: supergraphSdl(),
      sources: subgraphs satisfies Sources,
      verifyToken: createTokenVerifier({
        jwks: () =>
          fetchKeys(subgraphs.users) as ReturnType<Parameters<typeof createTokenVerifier>[0]['jwks']>,
        issuer: 'hanse',
        audience: 'hanse',
        clock: parts.clock,
      }),
      forwardedHeaders,
      host: parts.config.host,
      port: parts.config.port,
      ready: async () => {
        const states = await Promise.all(created.map(async (one) => [one.name, await stateOf(one)] as const));
        return Object.fromEntries(states);
      },
      welcomeQuery,
      log: parts.log,
    });
    started.push(() => gateway.stop());
    return { gateway, subgraphs, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
