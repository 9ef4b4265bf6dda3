/** Apollo's data source over a `SubgraphSource`. */
import './telemetry-off.js';
import type { GraphQLDataSource } from '@apollo/gateway';
import type { ExecutionResult, GraphQLFormattedError } from 'graphql';
import type { GatewayContext } from './context.js';
import { deduplicate, spreadEntities, spreadErrors } from './entity-dedup.js';
import { codedSourceError, thrownSourceError } from './errors.js';
import type { SubgraphRequest, SubgraphSource } from './source.js';

export type SourceResponse = Awaited<ReturnType<GraphQLDataSource['process']>>;

/** A source's result as Apollo's executor takes it: every error with a code. */
export const toResponse = (result: ExecutionResult): SourceResponse => ({
  data: result.data ?? null,
  ...(result.errors?.length ? { errors: result.errors.map(codedSourceError) } : {}),
});

async function answer(source: SubgraphSource, request: SubgraphRequest): Promise<SourceResponse> {
  try {
    return toResponse(await source.execute(request));
  } catch (error) {
    return { data: null, errors: [thrownSourceError(error)] };
  }
}

async function answerEntities(source: SubgraphSource, request: SubgraphRequest): Promise<SourceResponse> {
  const { representations, ...variables } = request.variables ?? {};
  const all = Array.isArray(representations) ? representations : [];
  const deduplicated = deduplicate(all);
  if (deduplicated.unique.length === all.length) return answer(source, request);
  const unique = { ...request, variables: { ...variables, representations: deduplicated.unique } };
  const { data, errors } = await answer(source, unique);
  const entities: unknown = data?.['_entities'];
  const spread = Array.isArray(entities)
    ? { ...data, _entities: spreadEntities(entities, deduplicated) }
    : data;
  return {
    data: spread ?? null,
    ...(errors ? { errors: spreadErrors<GraphQLFormattedError>(errors, deduplicated) } : {}),
  };
}

/** Asks the source; equal entity representations of one fetch are sent once. Never rejects. */
export function createDataSource(source: SubgraphSource): GraphQLDataSource {
  return {
    process({ request, context }) {
      const subgraphRequest: SubgraphRequest = {
        query: request.query ?? '',
        ...(request.operationName ? { operationName: request.operationName } : {}),
        ...(request.variables ? { variables: request.variables } : {}),
        // Apollo's type is a bare record; what it hands on is the context our transports made.
        caller: (context as GatewayContext).caller,
      };
      return request.variables && 'representations' in request.variables
        ? answerEntities(source, subgraphRequest)
        : answer(source, subgraphRequest);
    },
  };
}
