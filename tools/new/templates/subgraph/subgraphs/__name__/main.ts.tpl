/** __Name__: a balance for every user. Say here what it is for. */
import type { Parts } from '../shared/parts.js';
import { createStandardSubgraph, type StandardSubgraph } from '../shared/standard-subgraph.js';
import type { Subgraph } from '../shared/subgraph.js';
import { accountConsumer } from './account/events.js';
import { createContext, type Context } from './context.js';
import { policy } from './policy.js';
import { PrismaClient } from './prisma.generated/client.js';
import { resolvers } from './resolvers.js';

/** What is its own. */
export const definition: StandardSubgraph<PrismaClient, Context> = {
  name: '__name__',
  resolvers,
  policy,
  consumers: [accountConsumer],
  createClient: (adapter) => new PrismaClient({ adapter }),
  createContext,
};

/** Opens the database and makes the subgraph; `start` begins to consume. */
export const create__Name__ = (parts: Parts): Promise<Subgraph> => createStandardSubgraph(parts, definition);
