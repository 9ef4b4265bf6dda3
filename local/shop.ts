/** The whole graph in one process: all subgraphs, the relay between them, the gateway in front. */
import { startHanseGateway } from '../gateway/hanse.js';
import type { Gateway } from '../gateway/server.js';
import { subgraphNames, type SubgraphName } from '../subgraphs/list.js';
import { loadSubgraph, type CreateSubgraph } from '../subgraphs/load.js';
import { startRelay } from '../subgraphs/shared/events/relay.js';
import type { Parts } from '../subgraphs/shared/parts.js';
import type { Subgraph } from '../subgraphs/shared/subgraph.js';

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
    const creators: CreateSubgraph[] = [];
    // One after the other: jest fails when modules that share others are imported at the same time.
    for (const name of subgraphNames) creators.push(await loadSubgraph(name));
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
    const { config, clock, log } = parts;
    const gateway = await startHanseGateway({
      upstreams: subgraphs,
      host: config.host,
      port: config.port,
      countryHeader: config.countryHeader,
      trustedProxies: config.trustedProxies,
      clock,
      log,
    });
    started.push(() => gateway.stop());
    return { gateway, subgraphs, stop: stopAll };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
