/** A subgraph in this process: its schema is executed directly, without a network or a text between. */
import {
  createSourceEventStream,
  execute,
  parse,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { mapEvents } from '../event-queue.js';
import type { Caller, SubgraphRequest, SubgraphSource } from '../source.js';

export interface LocalSourceOptions {
  schema: GraphQLSchema;
  /** Called for every operation and for every event of a subscription: nothing is shared between two. */
  createContext: (caller: Caller) => unknown;
}

/** The planner's operations are few and valid by construction: each is parsed once and none is validated. */
export function createLocalSource({ schema, createContext }: LocalSourceOptions): SubgraphSource {
  const documents = new LRUCache<string, DocumentNode>({ max: 1_000 });

  function documentOf(query: string): DocumentNode {
    const document = documents.get(query) ?? parse(query, { noLocation: true });
    documents.set(query, document);
    return document;
  }

  const argsOf = ({ query, operationName, variables, caller }: SubgraphRequest): ExecutionArgs => ({
    schema,
    document: documentOf(query),
    contextValue: createContext(caller),
    operationName: operationName ?? null,
    variableValues: variables ?? {},
  });

  return {
    execute: async (request) => execute(argsOf(request)),
    async subscribe(request) {
      const events = await createSourceEventStream(argsOf(request));
      if (!(Symbol.asyncIterator in events)) return events;
      const iterator = events[Symbol.asyncIterator]();
      const stream = {
        next: () => iterator.next(),
        return: async () => (await iterator.return?.()) ?? { done: true as const, value: undefined },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
      return mapEvents<unknown, ExecutionResult>(stream, async (rootValue) =>
        execute({ ...argsOf(request), rootValue }),
      );
    },
  };
}
