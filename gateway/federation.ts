/** Apollo's gateway over our sources, with subscriptions, behind the interface that Apollo Server takes. */
import './telemetry-off.js';
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import type { ApolloServerOptions } from '@apollo/server';
import { GraphQLError, type ExecutionResult, type FormattedExecutionResult } from 'graphql';
import type { GatewayContext } from './context.js';
import { createDataSource } from './data-source.js';
import { clientError, presentError, withoutHttp } from './errors.js';
import type { Limits } from './limits.js';
import { apolloLogger, type Log } from './log.js';
import type { Caller, Sources } from './source.js';
import { createSubscribe, type ExecutorContext, type Subscribe } from './subscription.js';
import { mapEvents } from './event-queue.js';

type GatewayInterface = NonNullable<ApolloServerOptions<GatewayContext>['gateway']>;

/**
 * Apollo's executor reports a null where the schema allows none in `extensions` and not as an error. Where the null went no
 * further than a nullable field (a reference to something deleted), that is right: the rest of the answer is good, and many
 * clients drop an answer that has errors. Where nothing is left, a client must not take null for an answer.
 */
function withErrors({ extensions, ...result }: ExecutionResult): ExecutionResult {
  const completion: unknown = extensions?.['valueCompletion'];
  if (!Array.isArray(completion)) return extensions ? { ...result, extensions } : result;
  const incomplete = completion.filter((error): error is GraphQLError => error instanceof GraphQLError);
  if (result.data) {
    const valueCompletion = incomplete.map(({ message, path }) => ({ message, path }));
    return { ...result, extensions: { ...extensions, valueCompletion } };
  }
  const errors = incomplete.map(
    ({ message, path }) =>
      new GraphQLError(message, { path: path ?? null, extensions: { code: 'INCOMPLETE_DATA' } }),
  );
  return { data: null, errors };
}

function present(raw: ExecutionResult, caller: Caller, log: Log): ExecutionResult {
  const result = withErrors(raw);
  if (!result.errors?.length) return result;
  return { ...result, errors: result.errors.map((error) => presentError(error, caller, log)) };
}

const isStream = (result: object): result is AsyncIterableIterator<ExecutionResult> =>
  Symbol.asyncIterator in result;

function presentStream(
  stream: AsyncIterableIterator<ExecutionResult>,
  caller: Caller,
  log: Log,
): AsyncIterableIterator<FormattedExecutionResult> {
  const presented = mapEvents(stream, async (event): Promise<FormattedExecutionResult> => {
    const { errors, ...result } = present(event, caller, log);
    return { ...result, ...(errors ? { errors: errors.map((error) => withoutHttp(error).toJSON()) } : {}) };
  });
  const next = presented.next.bind(presented);
  presented.next = () =>
    next().catch((error: unknown) => {
      throw withoutHttp(presentError(error, caller, log));
    });
  return presented;
}

/** Starts the subscription and leaves its stream in the context, where the transport finds it. */
async function startStream(
  subscribe: Subscribe,
  request: ExecutorContext,
  log: Log,
): Promise<ExecutionResult> {
  const { caller, slot } = request.context as GatewayContext;
  if (!slot)
    throw clientError(
      'SUBSCRIPTION_TRANSPORT_REQUIRED',
      'Subscriptions need a WebSocket with the subprotocol graphql-transport-ws on this path.',
      400,
    );
  const started = await subscribe(request);
  if (!isStream(started)) return started;
  slot.stream = presentStream(started, caller, log);
  return { data: null };
}

export interface FederationOptions {
  supergraphSdl: string;
  sources: Sources;
  limits: Limits;
  log: Log;
}

/** Throws when a subgraph of the supergraph has no source. */
export function createFederation({
  supergraphSdl,
  sources,
  limits,
  log,
}: FederationOptions): GatewayInterface {
  const dataSources: Record<string, GraphQLDataSource> = {};
  const gateway = new ApolloGateway({
    supergraphSdl,
    logger: apolloLogger(log),
    __exposeQueryPlanExperimental: false,
    buildService({ name }) {
      const source = sources[name];
      if (!source) throw new Error(`The supergraph has a subgraph "${name}", for which no source was given.`);
      return (dataSources[name] = createDataSource(source));
    },
  });
  return {
    onSchemaLoadOrUpdate: (callback) => gateway.onSchemaLoadOrUpdate(callback),
    async load(options) {
      const { executor } = await gateway.load(options);
      const subscribe = createSubscribe(supergraphSdl, { sources, dataSources, limits });
      return {
        async executor(request) {
          const { caller } = request.context as GatewayContext;
          try {
            const isSubscription = request.operation.operation === 'subscription';
            const result = isSubscription
              ? await startStream(subscribe, request, log)
              : await executor(request);
            return present(result, caller, log);
          } catch (error) {
            return { errors: [presentError(error, caller, log)] };
          }
        },
      };
    },
    stop: () => gateway.stop(),
  };
}
