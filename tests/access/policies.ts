/** The policy tables of all subgraphs in `list.ts`. */
import { subgraphNames, type SubgraphName } from '../../subgraphs/list.js';
import type { Policy } from '../../subgraphs/shared/policy.js';

async function readPolicies(): Promise<Record<SubgraphName, Policy>> {
  const read: Partial<Record<SubgraphName, Policy>> = {};
  // One by one: jest's module loader fails where two imports that meet in a third are under way at once.
  for (const name of subgraphNames) {
    const { policy } = (await import(`../../subgraphs/${name}/policy.js`)) as { policy: Policy };
    read[name] = policy;
  }
  return read as Record<SubgraphName, Policy>;
}

export const policies = await readPolicies();
