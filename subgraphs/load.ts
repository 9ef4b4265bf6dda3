/** Subgraphs by their name in `list.ts`, so that the list is the only place where one is added. */
import type { SubgraphName } from './list.js';
import type { Parts } from './shared/parts.js';
import { shortageOf } from './shared/readiness.js';
import type { Subgraph } from './shared/subgraph.js';

export type CreateSubgraph = (parts: Parts) => Promise<Subgraph>;

/** Every subgraph has live events, and none needs them to work. */
const withLive = (subgraph: Subgraph, { live }: Parts): Subgraph => ({
  ...subgraph,
  ready: async () => {
    const shortages = [
      await subgraph.ready(),
      await shortageOf([
        { check: () => live.ready(), otherwise: 'Redis does not answer: live events and wake-ups come late' },
      ]),
    ];
    return shortages.filter((shortage) => shortage !== undefined).join('; ') || undefined;
  },
});

/** `createOrders` of `subgraphs/orders/main.ts`, for `orders`. */
export async function loadSubgraph(name: SubgraphName): Promise<CreateSubgraph> {
  const main = (await import(`./${name}/main.js`)) as Record<string, CreateSubgraph | undefined>;
  const creator = `create${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`;
  const create = main[creator];
  if (!create) throw new Error(`subgraphs/${name}/main.ts does not export ${creator}.`);
  return async (parts) => withLive(await create(parts), parts);
}
