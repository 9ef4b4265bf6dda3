/**
 * A running subgraph: executes the requests of the gateway and of other subgraphs against its schema, each with a
 * context of its own, and runs its consumers. The same in one process with the gateway and behind HTTP.
 */
import {
  createSourceEventStream,
  execute,
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { SubgraphName } from '../list.js';
import type { Caller } from './caller.js';
import { isOutage, isOverrun } from './database-error.js';
import type { Log } from './log.js';

export interface SubgraphRequest {
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
  caller: Caller;
}

export interface Subgraph {
  name: SubgraphName;
  schema: GraphQLSchema;
  /** Where an outside party posts its webhooks, for a subgraph that takes some. */
  webhookUrl?: string;
  execute(request: SubgraphRequest): Promise<ExecutionResult>;
  subscribe(request: SubgraphRequest): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>;
  /** Begins to consume events and timers. */
  start(): Promise<void>;
  /** Throws when the subgraph cannot work now (its database is away); says what it has to do without, if anything. */
  ready(): Promise<string | undefined>;
  /** Ends consumers and connections, work in flight first. */
  stop(): Promise<void>;
}

export interface SubgraphOptions<Context> {
  name: SubgraphName;
  schema: GraphQLSchema;
  log: Log;
  /** A fresh context, loaders included, for one request or one event of a subscription. */
  createContext: (caller: Caller) => Context;
  start: () => Promise<void>;
  ready: () => Promise<string | undefined>;
  stop: () => Promise<void>;
}

type Prepared = { document: DocumentNode } | { errors: readonly GraphQLError[] };

/**
 * Errors that a service means for the client have a code; those without a path are the request's own (a variable of the
 * wrong type). While the database is away, or has no room, that is said. All others are logged once and say nothing.
 */
function presentable(error: GraphQLError, log: Log, correlationId: string): GraphQLError {
  if (error.extensions['code'] !== undefined) return error;
  if (error.path === undefined) {
    return new GraphQLError(error.message, {
      ...(error.nodes ? { nodes: error.nodes } : {}),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  }
  if (isOutage(error.originalError) || isOverrun(error.originalError)) {
    log.warn(
      { err: error.originalError, path: error.path, correlationId },
      'something that it needs is away, or too many want it',
    );
    return new GraphQLError('This is not available at the moment. Try again, with the same keys.', {
      path: error.path,
      extensions: { code: 'SERVICE_UNAVAILABLE', correlationId },
    });
  }
  log.error({ err: error.originalError ?? error, path: error.path, correlationId }, 'a resolver failed');
  return new GraphQLError('Something broke on our side; it has been noted.', {
    ...(error.nodes ? { nodes: error.nodes } : {}),
    path: error.path,
    extensions: { code: 'INTERNAL_SERVER_ERROR', correlationId },
  });
}

export function createSubgraph<Context>(options: SubgraphOptions<Context>): Subgraph {
  const { name, schema, log, createContext } = options;
  const documents = new LRUCache<string, Prepared>({ max: 2_000 });

  const prepare = (query: string): Prepared => {
    let prepared = documents.get(query);
    if (!prepared) {
      const document = parse(query);
      const errors = validate(schema, document);
      prepared = errors.length > 0 ? { errors } : { document };
      documents.set(query, prepared);
    }
    return prepared;
  };

  const finish = (result: ExecutionResult, caller: Caller): ExecutionResult => {
    if (!result.errors) return result;
    return { ...result, errors: result.errors.map((error) => presentable(error, log, caller.correlationId)) };
  };

  const parametersOf = (request: SubgraphRequest, document: DocumentNode) => ({
    schema,
    document,
    contextValue: createContext(request.caller),
    ...(request.variables ? { variableValues: request.variables } : {}),
    ...(request.operationName ? { operationName: request.operationName } : {}),
  });

  return {
    name,
    schema,
    execute: async (request) => {
      const prepared = prepare(request.query);
      if ('errors' in prepared) return { errors: prepared.errors };
      return finish(await execute(parametersOf(request, prepared.document)), request.caller);
    },
    subscribe: async (request) => {
      const prepared = prepare(request.query);
      if ('errors' in prepared) return { errors: prepared.errors };
      const { document } = prepared;
      const source = await createSourceEventStream(parametersOf(request, document));
      if (!(Symbol.asyncIterator in source)) return finish(source, request.caller);
      return mapEvents(source, async (rootValue) =>
        finish(await execute({ ...parametersOf(request, document), rootValue }), request.caller),
      );
    },
    start: options.start,
    ready: options.ready,
    stop: options.stop,
  };
}

/** Not a generator: `return` must reach the source at once, also while it waits for its next event. */
function mapEvents<T, U>(source: AsyncIterable<T>, map: (event: T) => Promise<U>): AsyncIterableIterator<U> {
  const iterator = source[Symbol.asyncIterator]();
  const end: IteratorReturnResult<undefined> = { done: true, value: undefined };
  return {
    next: async () => {
      const { done, value } = await iterator.next();
      return done ? end : { done: false, value: await map(value) };
    },
    return: async () => {
      await iterator.return?.();
      return end;
    },
    throw: async (error) => {
      await iterator.return?.();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
