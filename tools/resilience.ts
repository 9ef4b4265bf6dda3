/**
 * A subgraph that is down must cost its own fields and nothing else. A null where the schema allows none takes its parent
 * with it, so a field may promise an object only when its own subgraph can give everything that the object promises.
 */
import {
  isNonNullType,
  isListType,
  isObjectType,
  getNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

const isPromised = (type: GraphQLOutputType): boolean =>
  isNonNullType(type) && (!isListType(type.ofType) || isNonNullType(type.ofType.ofType));

/**
 * Coordinates of fields that break the rule. `subgraphs`: the schema of each, by name. A list counts as promising its
 * objects when its items are non-null.
 */
export function overpromising(subgraphs: ReadonlyMap<string, GraphQLSchema>): string[] {
  const promisedElsewhere = (typeName: string, here: GraphQLSchema): string[] => {
    const own = here.getType(typeName);
    const known = isObjectType(own) ? own.getFields() : {};
    return [...subgraphs.entries()].flatMap(([name, schema]) => {
      const type = schema.getType(typeName);
      if (schema === here || !isObjectType(type)) return [];
      return Object.values(type.getFields())
        .filter((field) => !(field.name in known) && isNonNullType(field.type))
        .map((field) => `${field.name} of ${name}`);
    });
  };
  return [...subgraphs.entries()].flatMap(([name, schema]) =>
    Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) && !type.name.startsWith('_'))
      .flatMap((type) =>
        isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ type, field })) : [],
      )
      .flatMap(({ type, field }) => {
        const others = isPromised(field.type) ? promisedElsewhere(getNamedType(field.type).name, schema) : [];
        if (others.length === 0) return [];
        return [
          `${name}: ${type.name}.${field.name} must be nullable, for it leads to what others promise: ${others.join(', ')}.`,
        ];
      }),
  );
}
