/** Operations for any field of a schema, made from its types: arguments that are valid, selections as deep as asked. */
import { randomUUID } from 'node:crypto';
import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

/**
 * Values by place, `Query.order.id` or `CancelOrderInput.orderId`, or, for all places that are called so, by name alone:
 * `orderId`. The place goes before the name.
 */
export type Values = Readonly<Record<string, unknown>>;

export interface ArgumentOptions {
  values?: Values;
  /** Whether an argument or input field that may be absent is given all the same. */
  given?: (place: string, type: GraphQLInputType) => boolean;
}

export interface GeneratedDocument {
  query: string;
  variables: Record<string, unknown>;
}

const text = (): string => `generated ${randomUUID()}`;

const scalarValues: Record<string, () => unknown> = {
  Boolean: () => true,
  CountryCode: () => 'DE',
  CurrencyCode: () => 'EUR',
  Date: () => '1990-01-31',
  DateTime: () => new Date().toISOString(),
  Decimal: () => '1.00',
  EmailAddress: () => `${randomUUID()}@example.com`,
  Float: () => 1,
  ID: randomUUID,
  Int: () => 1,
  JSONObject: () => ({}),
  Locale: () => 'en-GB',
  PhoneNumber: () => '+4930123456',
  String: text,
  TimeZone: () => 'Europe/Berlin',
  URL: () => 'https://example.com/',
};

/** A value that the type's coercion takes: a list of one, an enum's first value, input objects with what they require. */
export function valueOf(type: GraphQLInputType, place: string, options: ArgumentOptions = {}): unknown {
  const { values = {}, given = () => false } = options;
  const wanted = valueAt(values, place);
  if (isNonNullType(type)) return valueOf(type.ofType, place, options);
  if (isListType(type))
    return wanted !== undefined && Array.isArray(wanted) ? wanted : [valueOf(type.ofType, place, options)];
  if (wanted !== undefined && !isInputObjectType(type)) return wanted;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(
      (field: GraphQLInputField) =>
        isRequiredInputField(field) || given(`${type.name}.${field.name}`, field.type),
    );
    return Object.fromEntries(
      fields.map((field) => [field.name, valueOf(field.type, `${type.name}.${field.name}`, options)]),
    );
  }
  if (isEnumType(type)) return type.getValues()[0]?.value;
  const make = scalarValues[type.name];
  if (!make) throw new Error(`documents.ts has no value for the scalar ${type.name} (${place}).`);
  return make();
}

export interface Place {
  place: string;
  type: GraphQLInputType;
}

/** Every argument of the field, and every field of the input objects in them. */
export function placesOf({ type, field }: Step): Place[] {
  const within = (one: GraphQLInputType, place: string, above: readonly string[]): Place[] => {
    const named = getNamedType(one);
    const here = { place, type: one };
    if (!isInputObjectType(named) || above.includes(named.name)) return [here];
    const fields = Object.values(named.getFields());
    const path = [...above, named.name];
    return [here, ...fields.flatMap((inner) => within(inner.type, `${named.name}.${inner.name}`, path))];
  };
  return field.args.flatMap((one) => within(one.type, `${type.name}.${field.name}.${one.name}`, []));
}

/** What `values` has for a place. */
export const valueAt = (values: Values, place: string): unknown =>
  values[place] ?? values[place.slice(place.lastIndexOf('.') + 1)];

export interface Step {
  type: GraphQLObjectType;
  field: GraphQLField<unknown, unknown>;
}

export interface SelectionOptions extends ArgumentOptions {
  /** How many levels of objects below the field are selected; 0: only `__typename`. */
  depth?: number;
  /** Whether this field is left out of the selection. */
  skip?: (type: GraphQLObjectType, field: GraphQLField<unknown, unknown>) => boolean;
}

/** What one document is gathered in: its variables and how they are declared. */
interface Draft {
  schema: GraphQLSchema;
  options: SelectionOptions;
  variables: Record<string, unknown>;
  declarations: string[];
}

/** `(input: $v0)` with the arguments that are required or given; empty without any. */
function argumentsOf(draft: Draft, place: string, parameters: readonly GraphQLArgument[]): string {
  const given = draft.options.given ?? (() => false);
  const named = parameters
    .filter((one) => isRequiredArgument(one) || given(`${place}.${one.name}`, one.type))
    .map((one) => {
      const name = `v${draft.declarations.length}`;
      draft.declarations.push(`$${name}: ${one.type.toString()}`);
      draft.variables[name] = valueOf(one.type, `${place}.${one.name}`, draft.options);
      return `${one.name}: $${name}`;
    });
  return named.length > 0 ? `(${named.join(', ')})` : '';
}

function fieldsOf(
  draft: Draft,
  type: GraphQLObjectType,
  depth: number,
  above: readonly string[],
  alias = '',
): string[] {
  return Object.values(type.getFields()).flatMap((field) => {
    const named = getNamedType(field.type);
    // What an edge leads to is in the connection's `nodes` as well.
    if (draft.options.skip?.(type, field) || (type.name.endsWith('Edge') && field.name === 'node')) return [];
    if (!isLeafType(named) && (depth <= 1 || above.includes(named.name))) return [];
    const inner = selectionOf(draft, field.type, depth - 1, above);
    const call = `${field.name}${argumentsOf(draft, `${type.name}.${field.name}`, field.args)}${inner}`;
    return [alias ? `${alias}_${field.name}: ${call}` : call];
  });
}

/** ` { ... }` for objects, empty for leaves. A type inside itself is left out, or it would not end. */
function selectionOf(
  draft: Draft,
  type: GraphQLOutputType,
  depth: number,
  above: readonly string[] = [],
): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  const parts = ['__typename'];
  const path = [...above, named.name];
  if (depth > 0 && isObjectType(named)) parts.push(...fieldsOf(draft, named, depth, path));
  if (depth > 0 && isAbstractType(named)) {
    for (const one of draft.schema.getPossibleTypes(named)) {
      // Aliased: fields of one name may differ in type from one fragment to the next.
      const fields = fieldsOf(draft, one, depth, path, one.name);
      if (fields.length > 0) parts.push(`... on ${one.name} { ${fields.join(' ')} }`);
    }
  }
  return ` { ${parts.join(' ')} }`;
}

/**
 * An operation that reads one field at the end of a path of fields. The first step is a field of a root type, or, with
 * `entity`, of an entity, which is then asked for as the gateway does, by `_entities`.
 */
export function pathDocument(
  schema: GraphQLSchema,
  steps: readonly Step[],
  options: SelectionOptions & { entity?: { __typename: string; id: string } } = {},
): GeneratedDocument {
  const draft: Draft = { schema, options, variables: {}, declarations: [] };
  const last = steps.at(-1);
  const first = steps[0];
  if (!last || !first) throw new Error('A path has at least one step.');
  const { entity } = options;
  let body = selectionOf(draft, last.field.type, options.depth ?? 0);
  for (const { type, field } of steps.toReversed())
    body = ` { ${field.name}${argumentsOf(draft, `${type.name}.${field.name}`, field.args)}${body} }`;
  if (entity) {
    draft.declarations.push('$representations: [_Any!]!');
    draft.variables['representations'] = [entity];
    body = ` { _entities(representations: $representations) { ... on ${entity.__typename}${body} } }`;
  }
  const operation = entity ? 'query' : operationOf(schema, first.type);
  const declared = draft.declarations.length > 0 ? ` (${draft.declarations.join(', ')})` : '';
  return { query: `${operation}${declared}${body}`, variables: draft.variables };
}

const operationOf = (schema: GraphQLSchema, type: GraphQLObjectType): string => {
  if (type === schema.getMutationType()) return 'mutation';
  return type === schema.getSubscriptionType() ? 'subscription' : 'query';
};

/** The fields of Query, Mutation and Subscription, without federation's own. */
export function rootFields(schema: GraphQLSchema): Step[] {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    type
      ? Object.values(type.getFields())
          .filter((field) => field.name !== '_entities' && field.name !== '_service')
          .map((field) => ({ type, field }))
      : [],
  );
}
