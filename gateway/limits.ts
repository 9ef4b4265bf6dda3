/** What one client may ask of one gateway process. Everything is checked before a subgraph is called. */
export interface Limits {
  /** Bytes of an HTTP body or of a WebSocket message. */
  bodyBytes: number;
  /** Lexical tokens of a document: bounds parsing and validation. */
  tokens: number;
  /** Nesting of fields, fragments counted where they are spread, introspection apart. */
  depth: number;
  /** Aliased fields, fragments counted each time they are spread. */
  aliases: number;
  /** Fields of the operation's root selection. */
  rootFields: number;
  /** Operations that one WebSocket runs at a time. */
  operationsPerConnection: number;
  /** Open WebSockets of the process. */
  connections: number;
  /** Open subscriptions of the process. */
  subscriptions: number;
  /** Events of one subscription that wait for a slow client before the subscription is ended. */
  queuedEvents: number;
  /** Milliseconds that `stop` waits for running operations. */
  drainMs: number;
}

export const defaultLimits: Limits = {
  bodyBytes: 256 * 1024,
  tokens: 4_000,
  depth: 16,
  aliases: 100,
  rootFields: 20,
  operationsPerConnection: 20,
  connections: 10_000,
  subscriptions: 10_000,
  queuedEvents: 64,
  drainMs: 10_000,
};
