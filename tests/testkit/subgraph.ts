/** A standard subgraph alone in a test: on a database of its own, asked at its door and told events. */
import { randomUUID } from 'node:crypto';
import type { ExecutionResult } from 'graphql';
import { serviceCaller, type Caller } from '../../subgraphs/shared/caller.js';
import type { Sql } from '../../subgraphs/shared/db.js';
import type { EventType, Message, PayloadOf } from '../../subgraphs/shared/events/catalogue.js';
import type { ConsumerContext } from '../../subgraphs/shared/events/inbox.js';
import { createBaseContext } from '../../subgraphs/shared/parts.js';
import { createStandardSubgraph, type StandardSubgraph } from '../../subgraphs/shared/standard-subgraph.js';
import { transact } from '../../subgraphs/shared/transaction.js';
import { createTestParts, type TestParts } from './parts.js';

export interface TestSubgraph {
  parts: TestParts;
  execute(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<ExecutionResult>;
  /** Handles an event as each consumer would that has a handler for it, twice. */
  tell<Type extends EventType>(type: Type, payload: PayloadOf<Type>): Promise<void>;
  close(): Promise<void>;
}

/** Its consumers are not started: events come by `tell`. */
export async function startTestSubgraph<
  Client extends Sql & { $disconnect(): Promise<void> },
  Context extends ConsumerContext,
>(own: StandardSubgraph<Client, Context>): Promise<TestSubgraph> {
  const parts = await createTestParts();
  let client: Client | undefined;
  const subgraph = await createStandardSubgraph(parts, {
    ...own,
    createClient: (adapter) => (client = own.createClient(adapter)),
  });
  const contextFor = (): Context => {
    if (!client) throw new Error(`${own.name} made no client.`);
    return own.createContext(
      createBaseContext(parts, own.name, serviceCaller(own.name, randomUUID())),
      client,
    );
  };
  return {
    parts,
    execute: (caller, query, variables = {}) => subgraph.execute({ query, variables, caller }),
    tell: async (type, payload) => {
      const message: Message = {
        id: parts.newId(),
        type,
        version: 1,
        aggregateType: 'Test',
        aggregateId: parts.newId(),
        aggregateSeq: 1,
        correlationId: 'test',
        occurredAt: parts.clock(),
        payload,
      };
      const handlers = own.consumers.flatMap(({ handlers }) => handlers[type] ?? []);
      if (handlers.length === 0) throw new Error(`No consumer of ${own.name} has a handler for ${type}.`);
      for (const handler of handlers as ((context: Context, batch: Message[]) => Promise<void>)[])
        for (let time = 0; time < 2; time += 1)
          await transact(contextFor(), (context) => handler(context, [message]));
    },
    close: async () => {
      await subgraph.stop();
      await parts.close();
    },
  };
}
