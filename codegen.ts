/**
 * Code generation: resolver types per subgraph, and typed operations for what each subgraph asks of another
 * (subgraphs/<caller>/operations/<callee>.graphql), and for the client (client/operations).
 */
import { existsSync, readdirSync } from 'node:fs';
import type { CodegenConfig } from '@graphql-codegen/cli';
import { subgraphNames } from './subgraphs/list.js';

const scalars = {
  ID: 'string',
  CountryCode: 'string',
  CurrencyCode: 'string',
  Date: 'string',
  DateTime: { input: 'Date', output: 'Date' },
  Decimal: 'string',
  EmailAddress: 'string',
  JSONObject: 'Record<string, unknown>',
  Locale: 'string',
  PhoneNumber: 'string',
  TimeZone: 'string',
  URL: { input: 'URL', output: 'URL | string' },
};
/** As they come over the wire to who calls another subgraph. */
const wireScalars = Object.fromEntries(
  Object.keys(scalars).map((name) => [name, name === 'JSONObject' ? scalars.JSONObject : 'string']),
);

/** Federation's directives, which the subgraphs' SDL links but does not define. */
const federation = `
  scalar _FieldSet
  scalar link__Import
  directive @link(url: String!, as: String, import: [link__Import]) repeatable on SCHEMA
  directive @key(fields: _FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
  directive @shareable repeatable on OBJECT | FIELD_DEFINITION
  directive @external on OBJECT | FIELD_DEFINITION
  directive @requires(fields: _FieldSet!) on FIELD_DEFINITION
  directive @provides(fields: _FieldSet!) on FIELD_DEFINITION
  directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | ENUM_VALUE | SCALAR | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION
  directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ENUM | ENUM_VALUE | SCALAR | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION
`;

const generates: CodegenConfig['generates'] = {};
for (const name of subgraphNames) {
  const folder = `subgraphs/${name}`;
  if (!existsSync(`${folder}/mappers.ts`)) continue;
  const { mappers } = (await import(`./${folder}/mappers.ts`)) as { mappers: Record<string, string> };
  const schema = [`schema/${name}.graphql`, 'schema/shared.graphql', federation];
  generates[`${folder}/resolver-types.generated.ts`] = {
    schema,
    plugins: ['typescript', 'typescript-resolvers'],
    config: {
      federation: true,
      contextType: './context.js#Context',
      mappers: {
        Money: '../shared/money.js#Money',
        DeadLetter: '../shared/events/dead-letters.js#DeadLetter',
        UserError: '../shared/errors.js#UserError',
        ...mappers,
      },
      // Our types have the names of the GraphQL ones.
      mapperTypeSuffix: 'Model',
      scalars,
      useTypeImports: true,
      enumsAsTypes: true,
      maybeValue: 'T | null | undefined',
      inputMaybeValue: 'T | null | undefined',
      avoidOptionals: {
        query: true,
        mutation: true,
        subscription: true,
        field: false,
        inputValue: false,
        // A default is always there when a resolver reads the field.
        defaultValue: true,
        object: false,
      },
      makeResolverTypeCallable: true,
      emitLegacyCommonJSImports: false,
      importExtension: '.js',
    },
  };
  const operations = `${folder}/operations`;
  for (const file of existsSync(operations) ? readdirSync(operations) : []) {
    const callee = /^(\w+)\.graphql$/.exec(file)?.[1];
    if (!callee) continue;
    generates[`${operations}/${callee}.generated.ts`] = {
      schema: [`schema/${callee}.graphql`, 'schema/shared.graphql', federation],
      documents: [`${operations}/${file}`],
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        scalars: wireScalars,
        useTypeImports: true,
        enumsAsTypes: true,
        onlyOperationTypes: true,
        avoidOptionals: { field: true },
        emitLegacyCommonJSImports: false,
        importExtension: '.js',
      },
    };
  }
}

/** Typed operations of the public API: `documents` against `schema/api.graphql`. */
export const clientOperations = (documents: string): NonNullable<CodegenConfig['generates'][string]> => ({
  schema: 'schema/api.graphql',
  documents,
  plugins: ['typescript-operations', 'typed-document-node'],
  config: {
    scalars: wireScalars,
    useTypeImports: true,
    enumsAsTypes: true,
    onlyOperationTypes: true,
    avoidOptionals: { field: true },
    // graphql's own type, so that a copy of client/ needs graphql and graphql-ws alone.
    documentNodeImport: 'graphql#TypedQueryDocumentNode',
  },
});
generates['client/operations.generated.ts'] = clientOperations('client/operations/*.graphql');

const config: CodegenConfig = { generates };
export default config;
