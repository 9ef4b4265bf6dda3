import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/resolverMap.js';
import type { SubgraphName } from '../list.js';
import { formatMoney, toDecimal, type Money } from './money.js';
import { applyPolicy, type Policy } from './policy.js';
import { root } from './root.js';
import { scalars } from './scalars.js';

const schemaFolder = new URL('schema/', root);
const read = (file: string): string => readFileSync(new URL(file, schemaFolder), 'utf8');

/** The subgraph's SDL: what is shared by all, and its own. */
export const sdlOf = (name: string): string => `${read(`${name}.graphql`)}\n${read('shared.graphql')}`;

interface LocaleContext {
  locale: string;
}

const sharedResolvers = {
  Money: {
    amount: (money: Money): string => toDecimal(money),
    formatted: (money: Money, { locale }: { locale?: string | null }, context: LocaleContext): string =>
      formatMoney(money, locale ?? context.locale),
  },
};

/** Types of shared.graphql: values, whose fields need no rule of their own. */
const valueTypes = new Set(
  parse(read('shared.graphql')).definitions.flatMap((definition) =>
    definition.kind === 'ObjectTypeDefinition' ? [definition.name.value] : [],
  ),
);

export interface SchemaOptions {
  name: SubgraphName;
  resolvers: object;
  policy: Policy;
}

/** The executable schema of a subgraph, each field behind its rule of `policy`. */
export function buildSchema({ name, resolvers, policy }: SchemaOptions): GraphQLSchema {
  const typeDefs: DocumentNode = parse(sdlOf(name));
  const defined = new Set(
    typeDefs.definitions.flatMap((one) => ('name' in one && one.name ? [one.name.value] : [])),
  );
  const shared = Object.entries({ ...scalars, ...sharedResolvers }).filter(([type]) => defined.has(type));
  const schema = buildSubgraphSchema({
    typeDefs,
    resolvers: { ...Object.fromEntries(shared), ...resolvers } as GraphQLResolverMap<unknown>,
  });
  applyPolicy(schema, policy, valueTypes);
  return schema;
}
