/** How each object type of a subgraph is reached: from an entity by `_entities`, else from a query. */
import { getNamedType, isObjectType, isUnionType, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import type { Step } from './documents.js';

export interface Path {
  steps: readonly Step[];
  entity?: { __typename: string; id: string };
}

/** What belongs to whoever asks leads to other things for each; what others bought together may not be known yet. */
const avoided = new Set(['Query.me', 'Query.cart', 'Product.boughtTogether']);

const pathOf = (from: Path, step: Step): Path => ({ ...from, steps: [...from.steps, step] });

/**
 * The shortest path to an object of each type, by its name; entities of `entities` (ids by type) go before queries. A
 * type that only mutations and subscriptions lead to is left out.
 */
export function pathsOf(
  schema: GraphQLSchema,
  entities: Readonly<Record<string, string>>,
): Map<string, Path> {
  const found = new Map<string, Path>();
  const follow = (start: [GraphQLObjectType, Path][]): void => {
    const queue = start.filter(([type]) => !found.has(type.name));
    for (const [type, path] of queue) found.set(type.name, path);
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [type, path] = next;
      for (const field of Object.values(type.getFields())) {
        const named = getNamedType(field.type);
        if (!isObjectType(named) || found.has(named.name) || avoided.has(`${type.name}.${field.name}`))
          continue;
        const further = pathOf(path, { type, field });
        found.set(named.name, further);
        queue.push([named, further]);
      }
    }
  };
  const union = schema.getType('_Entity');
  const keyed = isUnionType(union) ? union.getTypes() : [];
  follow(
    keyed.map((type): [GraphQLObjectType, Path] => {
      const id = entities[type.name];
      if (!id) throw new Error(`The world has no ${type.name}: world.ts makes one of each entity.`);
      return [type, { steps: [], entity: { __typename: type.name, id } }];
    }),
  );
  const query = schema.getQueryType();
  for (const field of Object.values(query?.getFields() ?? {})) {
    const named = getNamedType(field.type);
    if (!query || !isObjectType(named) || named.name.startsWith('_') || avoided.has(`Query.${field.name}`))
      continue;
    follow([[named, { steps: [{ type: query, field }] }]]);
  }
  return found;
}
