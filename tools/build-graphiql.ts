/** Bundles GraphiQL and the workers of its editor, so that the gateway can serve it without any other site. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

const workers = {
  'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
  'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
  'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
};

const shared: BuildOptions = {
  bundle: true,
  minify: true,
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
  legalComments: 'none',
};

/** Writes main.js, main.css, its fonts and chunks, and three workers to `outDir`, which is emptied first. */
export async function buildGraphiql(outDir: string): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  const main = join(import.meta.dirname, '..', 'gateway', 'graphiql', 'main.jsx');
  await build({
    ...shared,
    entryPoints: { main },
    outdir: outDir,
    format: 'esm',
    splitting: true,
    loader: { '.ttf': 'file', '.woff2': 'file' },
  });
  // A worker is started by its address and has no modules to share: each is one file.
  await build({ ...shared, entryPoints: workers, outdir: outDir, format: 'iife' });
}
