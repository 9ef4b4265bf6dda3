/**
 * Loaded into a shop all in one: prints after each GraphQL request how many SQL statements it sent, BEGIN and COMMIT apart
 * and without those of consumers, which work outside of any request.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { recordStatements } from '../subgraphs/shared/db.js';

/** The request that is being answered. */
const answered = new AsyncLocalStorage<IncomingMessage>();
const control = /^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/i;
const counts = new Map<IncomingMessage, () => string[]>();

subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage };
  if (request.method !== 'POST' || request.url !== '/graphql') return;
  answered.enterWith(request);
  counts.set(
    request,
    recordStatements(() => answered.getStore() === request),
  );
});
subscribe('http.server.response.finish', (message) => {
  const { request } = message as { request: IncomingMessage };
  const stop = counts.get(request);
  if (!stop) return;
  counts.delete(request);
  console.log(`request-statements ${stop().filter((statement) => !control.test(statement)).length}`);
});
