/** Every field of every object type, by everybody, against the policy tables: at the subgraphs' own doors. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isObjectType, type ExecutionResult } from 'graphql';
import { subgraphNames, type SubgraphName } from '../../subgraphs/list.js';
import type { Rule } from '../../subgraphs/shared/policy.js';
import { pathDocument, type Step } from './documents.js';
import { ask, outcomeOf, type Outcome } from './door.js';
import { expectedVerdict, ruleName } from './expectation.js';
import { pathsOf, type Path } from './paths.js';
import { policies } from './policies.js';
import { ownerViewer, strangers, type TestViewer } from './viewers.js';
import { createWorld, type World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.shop.close());

/** Types that no query and no entity leads to: what a mutation or a subscription of whoever may call it answers. */
const onlyInAnswers: Partial<Record<SubgraphName, string[]>> = {
  users: ['Session'],
  catalog: ['PriceChange'],
  inventory: ['StockLevelChange', 'AvailabilityChange', 'BackorderedLine', 'StockShortage'],
  orders: [
    'OrderUpdate',
    'PriceChangedWarning',
    'QuantityReducedWarning',
    'VariantUnavailableWarning',
    'PromotionWarning',
    'ShippingWarning',
  ],
};

const roots = new Set(['Query', 'Mutation', 'Subscription']);

/** What stands at the end of the path, in all objects that it leads to; empty when it leads to none. */
function valuesAt({ data }: ExecutionResult, { entity }: Path, steps: readonly Step[]): unknown[] {
  let values: unknown[] = entity ? [data?.['_entities']] : [data];
  for (const { field } of steps)
    values = values.flat(3).flatMap((one) => (one ? [(one as Record<string, unknown>)[field.name]] : []));
  return values.flat(3);
}

const isSet = (value: unknown): boolean => value !== null && value !== undefined;

interface Reading {
  subgraph: SubgraphName;
  path: Path;
  steps: readonly Step[];
  rules: readonly Rule[];
}

type Result = Outcome | 'HIDDEN' | 'LEAKED';

async function read({ subgraph, path, steps, rules }: Reading, viewer: TestViewer): Promise<Result> {
  const { schema } = world.shop.subgraphs[subgraph];
  const entity = path.entity ? { entity: path.entity } : {};
  const document = pathDocument(schema, steps, {
    values: { ...world.victim.values, ...world.shared },
    ...entity,
  });
  const answer = await ask(world.shop.subgraphs[subgraph], viewer, document);
  const text = JSON.stringify(answer);
  const stranger =
    viewer.permissions.size === 0 && viewer.kind !== 'service' && viewer.id !== world.victim.id;
  if (stranger && [...world.victim.canaries, ...world.victim.secrets].some((canary) => text.includes(canary)))
    return 'LEAKED';
  const outcome = outcomeOf(answer);
  if (outcome !== 'LET THROUGH') return outcome;
  // Where the row leaves it to the service to give only what is the viewer's, others get nothing at all.
  if (stranger && rules.some((rule) => rule === 'customer' || rule === 'user'))
    return valuesAt(answer, path, steps).some(isSet) ? 'LEAKED' : 'HIDDEN';
  return valuesAt(answer, path, steps.slice(0, -1)).some(isSet) ? 'LET THROUGH' : 'HIDDEN';
}

/** The verdict of the first row on the way that refuses. */
const verdictOf = (rules: readonly Rule[], viewer: TestViewer): Outcome =>
  rules
    .map((rule) => expectedVerdict(rule, viewer, world.victim.id))
    .find((verdict) => verdict !== 'LET THROUGH') ?? 'LET THROUGH';

/** Hidden is as good as refused, and as good as let through where the service looks whose it is. */
function accepted(result: Result, expected: Outcome, rules: readonly Rule[], viewer: TestViewer): boolean {
  if (result === expected) return true;
  if (result !== 'HIDDEN') return false;
  const served = rules.some((rule) => rule === 'customer' || rule === 'user');
  return expected !== 'LET THROUGH' || (served && viewer.id !== world.victim.id);
}

test.each(subgraphNames)('the objects of %s show themselves to whom their rows name', async (subgraph) => {
  const { schema } = world.shop.subgraphs[subgraph];
  const policy = policies[subgraph];
  const paths = pathsOf(schema, world.entities);
  const viewers = [ownerViewer(world.victim.id), ...strangers()];
  const unreached: string[] = [];
  const neverSeen: string[] = [];
  const differences: string[] = [];
  for (const name of Object.keys(policy).filter((one) => !roots.has(one))) {
    const type = schema.getType(name);
    const path = paths.get(name);
    if (!isObjectType(type) || !path) {
      unreached.push(name);
      continue;
    }
    let seen = false;
    for (const field of Object.values(type.getFields())) {
      const steps = [...path.steps, { type, field }];
      const rules = steps.map((step): Rule => policy[step.type.name]?.[step.field.name] ?? 'public');
      const own = ruleName(rules.at(-1) ?? 'public');
      const row = `${steps.map((step) => `${step.type.name}.${step.field.name}`).join(' > ')} (${own})`;
      const reading = { subgraph, path, steps, rules };
      const results = await Promise.all(viewers.map((viewer) => read(reading, viewer)));
      viewers.forEach((viewer, i) => {
        const result = results[i] ?? 'HIDDEN';
        const verdict = verdictOf(rules, viewer);
        if (!accepted(result, verdict, rules, viewer))
          differences.push(`${row} as ${viewer.name}: expected ${verdict}, got ${result}`);
        seen ||= result === 'LET THROUGH';
      });
    }
    if (!seen) neverSeen.push(name);
  }
  expect(differences).toEqual([]);
  expect({ unreached, neverSeen }).toEqual({ unreached: onlyInAnswers[subgraph] ?? [], neverSeen: [] });
});
