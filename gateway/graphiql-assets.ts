/** The files of the GraphiQL bundle that `tools/build-graphiql.ts` makes. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Reply } from './reply.js';

export const graphiqlPath = '/graphiql';

const folder = join(import.meta.dirname, 'graphiql.generated');

const contentTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};

/** One file by its bare name; undefined when there is none. A browser that has it already gets 304. */
export async function graphiqlAsset(
  name: string,
  ifNoneMatch: string | undefined,
): Promise<Reply | undefined> {
  const contentType = contentTypes[extname(name)];
  // No slash in a name, so nothing outside of the folder can be asked for.
  if (!contentType || !/^[\w.-]+$/.test(name)) return undefined;
  try {
    const body = await readFile(join(folder, name));
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    const headers = { 'content-type': contentType, 'cache-control': 'no-cache', etag };
    return ifNoneMatch === etag ? { status: 304, headers: { etag } } : { status: 200, headers, body };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
