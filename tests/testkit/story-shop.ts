/** What a story needs of a shop, however many processes it is. */
import type { Subgraph } from '../../subgraphs/shared/subgraph.js';
import type { Client } from './client.js';

export interface StoryShop {
  subgraphs: { users: Pick<Subgraph, 'execute'> };
  /** A client without a token. */
  visitor(): Client;
  close(): Promise<void>;
}
