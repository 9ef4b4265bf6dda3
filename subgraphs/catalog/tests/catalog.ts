/** A catalogue on a database of its own, for its stories. */
import { randomUUID } from 'node:crypto';
import type { ExecutionResult } from 'graphql';
import {
  createTestParts,
  staffCaller,
  anonymousCaller,
  type TestParts,
} from '../../../tests/testkit/parts.js';
import { subgraphNames } from '../../list.js';
import type { Caller } from '../../shared/caller.js';
import { startRelay } from '../../shared/events/relay.js';
import type { Subgraph } from '../../shared/subgraph.js';
import { createCatalog } from '../main.js';
import type { NewTail } from '../sku/service.js';

/** What an answer holds is the test's to assert. */
export interface Answer {
  [field: string]: Answer & Answer[] & string & number & boolean & null;
}

export interface TestCatalog {
  parts: TestParts;
  subgraph: Subgraph;
  run(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<ExecutionResult>;
  /** The data; throws when there are errors. */
  data(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<Answer>;
  close(): Promise<void>;
}

export const staff = (): Caller => staffCaller('merchandiser');

/** `events`: whether the relay and the consumers run. */
export async function createTestCatalog(
  options: { events?: boolean; env?: Record<string, string>; tail?: NewTail } = {},
): Promise<TestCatalog> {
  const parts = await createTestParts({}, options.env);
  const subgraph = await createCatalog(parts, options.tail);
  const relay = options.events
    ? startRelay({
        url: parts.database.urls.relay,
        schemas: subgraphNames,
        wake: parts.wake,
        clock: parts.clock,
        log: parts.log,
      })
    : undefined;
  if (options.events) await subgraph.start();
  const run: TestCatalog['run'] = (query, variables = {}, caller = anonymousCaller()) =>
    subgraph.execute({ query, variables, caller });
  return {
    parts,
    subgraph,
    run,
    data: async (...request) => {
      const { data, errors } = await run(...request);
      if (errors) throw errors[0]?.originalError ?? errors[0];
      return JSON.parse(JSON.stringify(data)) as Answer;
    },
    close: async () => {
      await relay?.stop();
      await subgraph.stop();
      await parts.close();
    },
  };
}

const createProduct = /* GraphQL */ `
  mutation ($input: CreateProductInput!) {
    createProduct(input: $input) {
      product {
        id
        handle
        version
        variants {
          id
          sku
          name
          version
        }
      }
      userErrors {
        __typename
        code
        field
      }
    }
  }
`;

/** Input of a product on sale with one variant at 19.99 EUR. */
export const productInput = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  idempotencyKey: randomUUID(),
  name: `Thing ${randomUUID().slice(0, 8)}`,
  status: 'ACTIVE',
  variants: [{ prices: [{ currencyCode: 'EUR', regular: '19.99' }] }],
  ...changes,
});

/** The payload of createProduct. */
export async function addProduct(
  catalog: TestCatalog,
  changes: Record<string, unknown> = {},
): Promise<Answer> {
  const { createProduct: payload } = await catalog.data(
    createProduct,
    { input: productInput(changes) },
    staff(),
  );
  return payload as unknown as Answer;
}

/** A variant on sale; its id. */
export async function addVariantOnSale(catalog: TestCatalog): Promise<string> {
  const { product } = await addProduct(catalog);
  return product?.['variants']?.[0]?.['id'] as unknown as string;
}
