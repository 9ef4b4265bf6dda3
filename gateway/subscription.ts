/**
 * Federated subscriptions. The planner splits one into `primary`, which the owning subgraph runs, and `rest`, which fetches
 * what other subgraphs add; Apollo's executor refuses such plans. Here each event is made the answer of `primary`, and the
 * sequence of both is executed like a query's plan.
 */
import './telemetry-off.js';
import {
  buildOperationContext,
  executeQueryPlan,
  type GraphQLDataSource,
  type ServiceMap,
} from '@apollo/gateway';
import { operationFromDocument, Supergraph, type Schema } from '@apollo/federation-internals';
import { QueryPlanner, type FetchNode, type PlanNode, type QueryPlan } from '@apollo/query-planner';
import { GraphQLError, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { LRUCache } from 'lru-cache';
import type { GatewayContext } from './context.js';
import { toResponse } from './data-source.js';
import { clientError, thrownSourceError } from './errors.js';
import { mapEvents, queueEvents } from './event-queue.js';
import type { Limits } from './limits.js';
import type { Sources, SubgraphRequest } from './source.js';

export type ExecutorContext = Parameters<typeof executeQueryPlan>[2];
type Stream = AsyncIterableIterator<ExecutionResult>;

interface Plan {
  primary: FetchNode;
  rest: PlanNode | undefined;
}

interface Planning {
  apiSchema: Schema;
  supergraphSchema: GraphQLSchema;
  /** Undefined for `subscription { __typename }`, which no subgraph can answer. */
  planOf: (request: ExecutorContext) => Plan | undefined;
}

function createPlanning(supergraphSdl: string): Planning {
  // The gateway validated this supergraph before; its own planner is a private field.
  const supergraph = Supergraph.build(supergraphSdl, { validateSupergraph: false });
  const apiSchema = supergraph.apiSchema();
  const planner = new QueryPlanner(supergraph, {});
  const plans = new LRUCache<string, Plan>({ max: 500 });

  function plan({ document, operationName }: ExecutorContext): Plan | undefined {
    const operation = operationFromDocument(apiSchema, document, operationName ? { operationName } : {});
    const { node } = planner.buildQueryPlan(operation);
    return node?.kind === 'Subscription' ? { primary: node.primary, rest: node.rest } : undefined;
  }

  return {
    apiSchema,
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    planOf(request) {
      const key = `${request.queryHash} ${request.operationName ?? ''}`;
      const found = plans.get(key) ?? plan(request);
      if (found) plans.set(key, found);
      return found;
    },
  };
}

function primaryRequest({ primary }: Plan, request: ExecutorContext): SubgraphRequest {
  const given = request.request.variables ?? {};
  const used = (primary.variableUsages ?? []).filter((name) => Object.hasOwn(given, name));
  return {
    query: primary.operation,
    ...(primary.operationName ? { operationName: primary.operationName } : {}),
    variables: Object.fromEntries(used.map((name) => [name, given[name]])),
    caller: (request.context as GatewayContext).caller,
  };
}

/** Every event gets a context of its own: what a source caches per caller must not outlive the event. */
function freshContext(context: GatewayContext): GatewayContext {
  return { caller: { ...context.caller } };
}

const tooSlow = (): GraphQLError =>
  clientError(
    'SUBSCRIPTION_TOO_SLOW',
    'You read slower than events arrive. Subscribe again: it begins with a snapshot.',
  );

export interface SubscriptionOptions {
  sources: Sources;
  dataSources: ServiceMap;
  limits: Limits;
}

export type Subscribe = (request: ExecutorContext) => Promise<Stream | ExecutionResult>;

/** Makes the function that starts a subscription: a stream of complete results, or one result with errors. */
export function createSubscribe(supergraphSdl: string, options: SubscriptionOptions): Subscribe {
  const { sources, dataSources, limits } = options;
  const { apiSchema, supergraphSchema, planOf } = createPlanning(supergraphSdl);
  let open = 0;

  function enrich(
    plan: Plan,
    request: ExecutorContext,
  ): (event: ExecutionResult) => Promise<ExecutionResult> {
    const { primary, rest } = plan;
    const queryPlan: QueryPlan = {
      kind: 'QueryPlan',
      node: { kind: 'Sequence', nodes: rest ? [primary, rest] : [primary] },
    };
    const operationContext = buildOperationContext({
      schema: request.schema,
      operationDocument: request.document,
      ...(request.operationName ? { operationName: request.operationName } : {}),
    });
    const owner = dataSources[primary.serviceName];
    return (event) => {
      // Told apart by its text and not by a service of its own, so that errors name the service they come from.
      const process: GraphQLDataSource['process'] = async (fetch) =>
        fetch.request.query === primary.operation || !owner ? toResponse(event) : owner.process(fetch);
      const services = { ...dataSources, [primary.serviceName]: { process } };
      const context = freshContext(request.context as GatewayContext);
      const eventRequest = { ...request, context, metrics: {} };
      return executeQueryPlan(
        queryPlan,
        services,
        eventRequest,
        operationContext,
        supergraphSchema,
        apiSchema,
        {},
      );
    };
  }

  async function openStream(plan: Plan, request: ExecutorContext): Promise<Stream | ExecutionResult> {
    const { serviceName } = plan.primary;
    const failed = (
      errors: readonly { message: string; extensions?: Record<string, unknown> }[],
    ): ExecutionResult => ({
      errors: errors.map(
        ({ message, extensions, ...error }) =>
          new GraphQLError(message, { ...error, extensions: { ...extensions, serviceName } }),
      ),
    });
    const change = enrich(plan, request);
    let events: Stream | ExecutionResult;
    try {
      events = await sources[serviceName]!.subscribe(primaryRequest(plan, request));
    } catch (error) {
      return failed([thrownSourceError(error)]);
    }
    if (!(Symbol.asyncIterator in events)) return failed(toResponse(events).errors ?? []);
    open += 1;
    const queue = queueEvents(events, {
      limit: limits.queuedEvents,
      overflow: tooSlow,
      failure: (error) => failed([thrownSourceError(error)]).errors?.[0],
      onEnd: () => (open -= 1),
    });
    return mapEvents(queue, change);
  }

  return async (request) => {
    const { operation, schema } = request;
    const { errors } = getVariableValues(
      schema,
      operation.variableDefinitions ?? [],
      request.request.variables ?? {},
    );
    if (errors) return { errors };
    const plan = planOf(request);
    if (!plan) return { data: { __typename: schema.getSubscriptionType()?.name } };
    if (open >= limits.subscriptions)
      throw clientError(
        'TOO_MANY_SUBSCRIPTIONS',
        'This server has no room for another subscription. Try again later.',
        503,
      );
    return openStream(plan, request);
  };
}
