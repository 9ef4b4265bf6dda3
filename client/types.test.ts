/** What an app gets wrong about the API does not compile, and an operation that the API does not know is not generated. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const right = `
  const { products } = await client.query(ProductsDocument);
  const amount: string | undefined = products.nodes[0]?.variants[0]?.price?.current.amount;
  await client.query(ProductsDocument, { first: 24, after: products.pageInfo.endCursor });
  const input = { idempotencyKey: 'k', expectedVersion: 1 };
  const { placeOrder } = await client.mutate(PlaceOrderDocument, { input });
  const order = accepted(placeOrder, 'order');
  for await (const { orderUpdated } of client.subscribe(OrderUpdatedDocument, { orderId: order.id })) {
    if (orderUpdated.order.status === 'PAID') break;
  }
  console.log(amount);`;

/** What an app may get wrong: the name, its statements, and what the compiler says. */
const wrong: [name: string, statements: string, diagnostic: RegExp][] = [
  [
    'a field that was not asked for',
    'const { categories } = await client.query(CategoriesDocument); console.log(categories[0]?.colour);',
    /^Property 'colour' does not exist on type/,
  ],
  [
    'a variable of the wrong type',
    "await client.query(ProductsDocument, { first: '24' });",
    /^Type 'string' is not assignable to type 'number'/,
  ],
  [
    'a variable that there is not',
    'await client.query(ProductsDocument, { frist: 24 });',
    /'frist' does not exist in type/,
  ],
  [
    'an enum value that there is not',
    "await client.query(ProductsDocument, { sort: 'CHEAPEST' });",
    /^Type '"CHEAPEST"' is not assignable to type 'ProductSort/,
  ],
  ['variables left out', 'await client.mutate(PlaceOrderDocument);', /^Expected 2 arguments, but got 1/],
  [
    'an input without its key',
    'await client.mutate(PlaceOrderDocument, { input: { expectedVersion: 1 } });',
    /^Property 'idempotencyKey' is missing/,
  ],
  [
    'a status that an order never has',
    `for await (const event of client.subscribe(OrderUpdatedDocument, { orderId: 'o' }))
      console.log(event.orderUpdated.order.status === 'LOST');`,
    /have no overlap/,
  ],
];

const heading = `
  import { accepted, createClient } from './client.js';
  import { CategoriesDocument, OrderUpdatedDocument, PlaceOrderDocument, ProductsDocument } from './operations.generated.js';
  const client = createClient({ url: 'http://shop.example/graphql' });`;

/** The examples of the documentation, as one app beside the client. */
const documented = [
  ...readFileSync(join(root, 'docs', 'client.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g),
]
  .map((match) => match[1] ?? '')
  .join('')
  .replaceAll("'./shop/", "'./");

/** What the compiler says about each app, with the project's own options, under its name. */
function compile(apps: Map<string, string>): Map<string, string[]> {
  const fileOf = (name: string): string => join(root, 'client', `${name.replaceAll(' ', '-')}.app.ts`);
  const texts = new Map([...apps].map(([name, text]) => [fileOf(name), text]));
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as {
    config: { compilerOptions: object };
  };
  // Each app uses some of the documents.
  const compilerOptions = { ...config.compilerOptions, noUnusedLocals: false };
  const { options } = ts.parseJsonConfigFileContent({ compilerOptions, files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, language, ...rest) => {
    const text = texts.get(name);
    return text === undefined ? read(name, language, ...rest) : ts.createSourceFile(name, text, language);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return new Map(
    [...apps.keys()].map((name) => [
      name,
      ts
        .getPreEmitDiagnostics(program, program.getSourceFile(fileOf(name)))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
    ]),
  );
}

let diagnostics: Map<string, string[]>;
beforeAll(() => {
  diagnostics = compile(
    new Map([
      ['documented', documented],
      ['right', heading + right],
      ...wrong.map(([name, statements]) => [name, heading + statements] as const),
    ]),
  );
});

test('right uses compile, those of docs/client.md too', () => {
  expect([diagnostics.get('right'), diagnostics.get('documented')]).toEqual([[], []]);
});

test.each(wrong)('%s does not compile', (name, _statements, diagnostic) => {
  expect(diagnostics.get(name)).toEqual([expect.stringMatching(diagnostic)]);
});

test('an operation with an unknown field is not generated, and the message names the field', async () => {
  const { clientOperations } = await import('../codegen.js');
  const folder = mkdtempSync(join(tmpdir(), 'hanse-codegen-'));
  try {
    writeFileSync(join(folder, 'wrong.graphql'), 'query Wrong { categories { id colour } }');
    const config = { generates: { [join(folder, 'wrong.ts')]: clientOperations(join(folder, '*.graphql')) } };
    writeFileSync(join(folder, 'codegen.json'), JSON.stringify(config));
    const child = spawn(
      process.execPath,
      ['node_modules/@graphql-codegen/cli/esm/bin.js', '--config', join(folder, 'codegen.json')],
      // Under NODE_ENV=test codegen says nothing.
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_ENV: '' } },
    );
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringContaining('Cannot query field "colour" on type "Category".'),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
