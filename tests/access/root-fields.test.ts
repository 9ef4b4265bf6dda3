/** Every query, mutation and subscription of every subgraph, by everybody, against the policy tables. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { subgraphNames } from '../../subgraphs/list.js';
import type { Rule } from '../../subgraphs/shared/policy.js';
import type { Subgraph } from '../../subgraphs/shared/subgraph.js';
import { startTestShop, type TestShop } from '../testkit/shop.js';
import { pathDocument, rootFields, type Step } from './documents.js';
import { ask, firstEvent, outcomeOf, type Outcome } from './door.js';
import { expectedVerdict, ruleName } from './expectation.js';
import { policies } from './policies.js';
import { strangers, type TestViewer } from './viewers.js';

let shop: TestShop;

beforeAll(async () => {
  shop = await startTestShop();
});
afterAll(() => shop.close());

async function outcome(subgraph: Subgraph, step: Step, viewer: TestViewer, rule: Rule): Promise<Outcome> {
  const document = pathDocument(subgraph.schema, [step]);
  const read = step.type.name === 'Subscription' ? firstEvent : ask;
  const actual = outcomeOf(await read(subgraph, viewer, document));
  // The table lets services pass everywhere; where the service asks whose it is, they have nothing of their own.
  const customers = rule === 'customer' || rule === 'user';
  return viewer.kind === 'service' && customers && actual === 'UNAUTHENTICATED' ? 'LET THROUGH' : actual;
}

test.each(subgraphNames)(
  'the root fields of %s let in whom their rows name, and nobody else',
  async (name) => {
    const subgraph = shop.subgraphs[name];
    const viewers = strangers();
    const differences: string[] = [];
    const fields = rootFields(subgraph.schema);
    for (const step of fields) {
      const rule = policies[name][step.type.name]?.[step.field.name];
      if (!rule) throw new Error(`${name}/policy.ts has no row for ${step.type.name}.${step.field.name}.`);
      const row = `${step.type.name}.${step.field.name} (${ruleName(rule)})`;
      const outcomes = await Promise.all(viewers.map((viewer) => outcome(subgraph, step, viewer, rule)));
      viewers.forEach((viewer, i) => {
        const expected = expectedVerdict(rule, viewer, null);
        if (outcomes[i] !== expected)
          differences.push(`${row} as ${viewer.name}: expected ${expected}, got ${outcomes[i]}`);
      });
    }
    expect(fields).not.toEqual([]);
    expect(differences).toEqual([]);
  },
);

test.each(subgraphNames)('what only other services may call of %s is not in the public API', (name) => {
  for (const { type, field } of rootFields(shop.subgraphs[name].schema)) {
    const hidden = field.astNode?.directives?.some((one) => one.name.value === 'inaccessible') ?? false;
    const internal = policies[name][type.name]?.[field.name] === 'internal';
    expect({ field: field.name, internal }).toEqual({ field: field.name, internal: hidden });
  }
});
