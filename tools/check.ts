/** `npm run check`: types, lint, format, generated files, descriptions; breaking changes of the public API are named. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  buildSchema,
  findBreakingChanges,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  parse,
  type GraphQLSchema,
} from 'graphql';
import { subgraphNames } from '../subgraphs/list.js';
import { sdlOf } from '../subgraphs/shared/schema.js';
import { compose, outdatedFiles } from './compose.js';
import { overpromising } from './resilience.js';

function run(command: string, ...parameters: string[]): Promise<string[]> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`node_modules/${command}`, ...parameters], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    child.on('close', (code) =>
      resolve(code === 0 ? [] : [output.trim() || `${command} ended with ${code}`]),
    );
  });
}

function generatedFiles(): string[] {
  const foundation = readFileSync('prisma/foundation.prisma', 'utf8');
  const migration = readFileSync('prisma/foundation.sql', 'utf8');
  const copies = subgraphNames.flatMap((name) => [
    ...(readFileSync(`prisma/${name}/foundation.prisma`, 'utf8') === foundation
      ? []
      : [`prisma/${name}/foundation.prisma`]),
    ...(readFileSync(`prisma/${name}/migrations/0001_foundation/migration.sql`, 'utf8') === migration
      ? []
      : [`prisma/${name}/migrations/0001_foundation/migration.sql`]),
  ]);
  return [...outdatedFiles(compose()), ...copies].map(
    (file) => `${file} is out of date: run npm run compose or npm run generate.`,
  );
}

/** Coordinates of everything in a schema that has no description. */
export function undescribed(schema: GraphQLSchema): string[] {
  const builtIn = /^(__.*|(join|link)__.*|String|Int|Float|Boolean|ID)$/;
  return Object.values(schema.getTypeMap())
    .filter((type) => !builtIn.test(type.name))
    .flatMap((type) => {
      const missing: string[] = [];
      const note = (
        coordinate: string,
        { description }: { description?: string | null | undefined },
      ): void => {
        if (!description) missing.push(coordinate);
      };
      const root = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(
        type as never,
      );
      if (!root) note(type.name, type);
      if (isEnumType(type)) for (const value of type.getValues()) note(`${type.name}.${value.name}`, value);
      if (isInputObjectType(type))
        for (const field of Object.values(type.getFields())) note(`${type.name}.${field.name}`, field);
      if (isObjectType(type) || isInterfaceType(type)) {
        for (const field of Object.values(type.getFields())) {
          note(`${type.name}.${field.name}`, field);
          for (const argument of field.args) note(`${type.name}.${field.name}(${argument.name}:)`, argument);
        }
      }
      return missing;
    });
}

const subgraphSchemas = (): Map<string, GraphQLSchema> =>
  new Map(subgraphNames.map((name) => [name, buildSubgraphSchema({ typeDefs: parse(sdlOf(name)) })]));

const git = (...parameters: string[]): string =>
  execFileSync('git', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** The public API that clients know: that of the last release, or, before the first, as it was before its last change. */
function knownApi(current: string): string | null {
  const file = 'schema/api.graphql';
  try {
    const release = git('tag', '--list', 'v*', '--sort=-v:refname').split('\n')[0];
    if (release) return git('show', `${release}:${file}`);
    const versions = git('log', '-2', '--format=%H', '--', file).split('\n');
    const before = versions.map((commit) => git('show', `${commit}:${file}`));
    return before.find((sdl) => sdl !== current.trim()) ?? null;
  } catch {
    return null; // no repository: a tarball
  }
}

const api = readFileSync('schema/api.graphql', 'utf8');
/** With what only other subgraphs may call. */
const supergraph = readFileSync('schema/supergraph.graphql', 'utf8');

const checks: [name: string, check: () => string[] | Promise<string[]>][] = [
  ['generated files', generatedFiles],
  [
    'descriptions',
    () => undescribed(buildSchema(supergraph)).map((coordinate) => `${coordinate} has no description.`),
  ],
  ['what a subgraph that is down costs', () => overpromising(subgraphSchemas())],
  ['types', () => run('typescript/bin/tsc', '-p', '.')],
  ['lint', () => run('eslint/bin/eslint.js', '.')],
  ['format', () => run('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')],
];

let failed = false;
for (const [name, check] of checks) {
  const began = Date.now();
  const problems = await Promise.resolve()
    .then(check)
    .catch((error: unknown) => [(error as Error).message]);
  failed ||= problems.length > 0;
  console.log(
    `${problems.length > 0 ? 'FAILED' : 'ok    '} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`,
  );
  for (const problem of problems) console.log(problem.replaceAll(/^/gm, '    '));
}
const before = knownApi(api);
if (before) {
  const changes = findBreakingChanges(buildSchema(before), buildSchema(api));
  for (const change of changes) console.log(`breaking: ${change.description}`);
}
process.exitCode = failed ? 1 : 0;
