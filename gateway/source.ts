/** What the gateway knows of a subgraph: something that answers operations, in this process or over a network. */
import type { ExecutionResult } from 'graphql';

/** Who calls and with which context; every source gets it with every request. */
export interface Caller {
  /** Claims of the verified access token; null for an anonymous visitor. */
  claims: Record<string, unknown> | null;
  /** Allow-listed request headers (or WebSocket `connectionParams`), names in lower case. */
  headers: Record<string, string>;
  /** Ties together what one request caused. */
  correlationId: string;
  clientAddress?: string;
  /** ISO 3166-1 alpha-2, of the connection, where a proxy in front tells it. */
  clientCountry?: string;
}

export interface SubgraphRequest {
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
  caller: Caller;
}

/**
 * Both reject, or answer with errors, as they like. Errors that carry `extensions.code` reach the client as they are, all
 * others are masked (`errors.ts`).
 */
export interface SubgraphSource {
  execute(request: SubgraphRequest): Promise<ExecutionResult>;
  /** The iterator's `return` must free what it holds at once, even while a `next` is pending. */
  subscribe(request: SubgraphRequest): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
}

export type Sources = Record<string, SubgraphSource>;
