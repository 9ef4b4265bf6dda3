/** Plain HTTP in and out: bodies with a limit, answers with the headers that each of them needs. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import { clientError } from './errors.js';

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** For JSON and errors: nothing may be loaded, run or framed, should a browser be made to show it. */
const securityHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Path and query of a request, split by hand: the URL class throws on paths such as `//`. */
export function targetOf(request: IncomingMessage): { pathname: string; search: string } {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return query < 0
    ? { pathname: url, search: '' }
    : { pathname: url.slice(0, query), search: url.slice(query) };
}

export const json = (status: number, value: unknown, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
});

/** A GraphQL error as an answer, for what ends before Apollo Server sees it. */
export function errorReply(error: GraphQLError, headers: Record<string, string> = {}): Reply {
  const { http, ...extensions } = error.extensions as { http?: { status?: number } };
  return json(http?.status ?? 500, { errors: [{ message: error.message, extensions }] }, headers);
}

export function send(
  response: ServerResponse,
  reply: Reply,
  extra: Record<string, string>,
  withBody: boolean,
): void {
  const body = reply.body ?? '';
  response.writeHead(reply.status, {
    ...securityHeaders,
    ...extra,
    ...reply.headers,
    'content-length': Buffer.byteLength(body),
  });
  response.end(withBody ? body : undefined);
}

/** Bytes of a refused body that are still read, so that the client gets to see the answer before the connection is cut. */
const discardBytes = 4 * 1024 * 1024;

/** The body as text. Rejects with PAYLOAD_TOO_LARGE (413) as soon as it is known to be longer than `limit` bytes. */
export function readBody(request: IncomingMessage, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const tooLarge = (): void =>
      reject(clientError('PAYLOAD_TOO_LARGE', `The request body is larger than ${limit} bytes.`, 413));
    const chunks: Buffer[] = [];
    let size = 0;
    if (Number(request.headers['content-length'] ?? 0) > limit) tooLarge();
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else tooLarge();
      if (size > limit + discardBytes) request.destroy();
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete)
        reject(clientError('BAD_REQUEST', 'The connection closed before the body was complete.', 400));
    });
  });
}

/** Parses a JSON body. Rejects with BAD_REQUEST (400). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw clientError('BAD_REQUEST', 'The request body is not JSON.', 400);
  }
}
