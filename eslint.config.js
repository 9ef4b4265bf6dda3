// tsc checks types; here is what it does not: promises nobody waits for, and who may import whom (house style).
import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';

const subgraphs = readdirSync('subgraphs', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
  .map((entry) => entry.name);

const forbid = (files, patterns, ignores = []) => ({
  files,
  ignores,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});

const foreignStore = {
  regex: '^\\.\\./[\\w-]+/([\\w-]+-)?store\\.js$',
  message: "Another aggregate's store is its own: call its service.",
};
const outside = (name) => ({
  regex: `^(\\.\\./)+(${subgraphs.filter((other) => other !== name).join('|')})/`,
  message: "A subgraph's only door is its schema: ask for it in operations/<subgraph>.graphql.",
});
const local = { regex: '/local/', message: 'Stand-ins are for the all-in-one entry and the tests.' };
const prisma = { regex: '/prisma\\.generated/', message: 'Only store.ts touches Prisma.' };
const upward = {
  regex: '/(service|resolvers|([\\w-]+-)?store|context)\\.js$',
  message: 'rules.ts is pure: data and functions.',
};
const store = { regex: '/([\\w-]+-)?store\\.js$', message: 'resolvers.ts calls one service function.' };

export default tseslint.config(
  { ignores: ['**/*.generated.ts', '**/*.generated/', 'node_modules/', '.hanse/', 'dist/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Export it by name.' },
      ],
    },
  },
  {
    files: ['gateway/**/*.ts', 'subgraphs/**/*.ts', 'local/**/*.ts'],
    ignores: [
      '**/*.test.ts',
      '**/tests/**',
      'subgraphs/shared/program.ts',
      'local/processes.ts',
      'gateway/telemetry-off.ts',
      'local/stripe/main.ts',
      'local/postgres/**',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'subgraphs/shared/config.ts reads the environment, once.',
        },
      ],
    },
  },
  forbid(
    ['gateway/**/*.ts'],
    [{ regex: '/subgraphs/', message: 'The gateway knows nothing of shops.' }, local],
    ['gateway/all-in-one.ts', 'gateway/hanse.ts', 'gateway/main.ts', '**/*.test.ts', 'gateway/tests/**'],
  ),
  forbid(
    ['subgraphs/shared/**/*.ts'],
    [{ regex: `^(\\.\\./)+(${subgraphs.join('|')})/`, message: 'Shared code knows no subgraph.' }],
    ['**/tests/**'],
  ),
  ...subgraphs.flatMap((name) => [
    forbid(
      [`subgraphs/${name}/**/*.ts`],
      [outside(name), foreignStore, local],
      ['**/tests/**', '**/*.test.ts'],
    ),
    forbid(
      [`subgraphs/${name}/**/rules.ts`],
      [outside(name), upward, prisma, { regex: '^graphql$', message: 'rules.ts is pure.' }],
    ),
    forbid([`subgraphs/${name}/*/resolvers.ts`], [outside(name), store, prisma]),
    forbid([`subgraphs/${name}/*/service.ts`], [outside(name), foreignStore, local, prisma]),
  ]),
  {
    files: ['*.config.ts', '*.config.js', 'codegen.ts', 'tests/testkit/global-*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
