/** Who calls a subgraph and with which context. The gateway and the other subgraphs send it with every request. */
export interface Caller {
  /** Claims of the verified access token, or of the calling subgraph; null for an anonymous visitor. */
  claims: Record<string, unknown> | null;
  /** Lower-case names; only those in `forwardedHeaders` get this far. */
  headers: Record<string, string>;
  /** Ties together what one request caused: log lines, events, mails. */
  correlationId: string;
  clientAddress?: string;
  /** ISO 3166-1 alpha-2, of the connection, where a proxy in front tells it (COUNTRY_HEADER). */
  clientCountry?: string;
}

/** What a client may say of itself in HTTP headers (or `connectionParams`), beside its token. */
export const forwardedHeaders = ['accept-language', 'x-currency', 'x-channel'] as const;

/** A caller that acts for the shop itself: a timer, a consumer, another subgraph. */
export function serviceCaller(service: string, correlationId: string): Caller {
  return { claims: { kind: 'service', sub: service }, headers: {}, correlationId };
}
