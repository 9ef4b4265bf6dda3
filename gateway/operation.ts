/** Runs one operation of a streaming transport through Apollo Server's pipeline: the same rules as over HTTP. */
import type { ApolloServer } from '@apollo/server';
import { GraphQLError, type FormattedExecutionResult, type GraphQLFormattedError } from 'graphql';
import type { GatewayContext, StreamSlot } from './context.js';
import { presentError, withoutHttp } from './errors.js';
import type { Limits } from './limits.js';
import type { Log } from './log.js';
import { refuseConditionalSubscription } from './query-limits.js';
import type { Caller } from './source.js';

export interface Operation {
  query?: string;
  operationName?: string;
  variables?: Record<string, unknown>;
  extensions?: Record<string, unknown>;
}

/** An error that Apollo Server has formatted already, for transports that call `toJSON` on it. */
export class RequestError extends GraphQLError {
  readonly formatted: GraphQLFormattedError;

  constructor(formatted: GraphQLFormattedError) {
    super(formatted.message);
    this.formatted = formatted;
  }

  override toJSON(): GraphQLFormattedError {
    return this.formatted;
  }
}

/** `refused`: it did not begin. `result`: a query or mutation. `stream`: a subscription. */
export type Outcome =
  | { kind: 'refused'; errors: RequestError[] }
  | { kind: 'result'; result: FormattedExecutionResult }
  | { kind: 'stream'; stream: AsyncIterableIterator<FormattedExecutionResult> };

export interface Pipeline {
  server: ApolloServer<GatewayContext>;
  limits: Limits;
  log: Log;
}

const refused = (errors: readonly GraphQLFormattedError[]): Outcome => ({
  kind: 'refused',
  errors: errors.map((error) => new RequestError(error)),
});

/** Never rejects. */
export async function runOperation(
  pipeline: Pipeline,
  operation: Operation,
  caller: Caller,
): Promise<Outcome> {
  const slot: StreamSlot = {};
  try {
    refuseConditionalSubscription(operation.query, pipeline.limits);
    const { body } = await pipeline.server.executeOperation(operation, { contextValue: { caller, slot } });
    if (slot.stream) return { kind: 'stream', stream: slot.stream };
    if (body.kind !== 'single') throw new Error('An operation without @defer gave an incremental result.');
    const { singleResult } = body;
    const began = singleResult.data !== undefined;
    return began ? { kind: 'result', result: singleResult } : refused(singleResult.errors ?? []);
  } catch (error) {
    return refused([withoutHttp(presentError(error, caller, pipeline.log)).toJSON()]);
  }
}
