/**
 * Operations of the typed client over kept connections with undici: the built-in `fetch` takes several times the CPU, which
 * on the same machine would be measured as the server's slowness.
 */
import type { TypedQueryDocumentNode } from 'graphql';
import { Pool } from 'undici';
import { textOf } from '../client/http.js';

export interface Asker {
  /** The data; throws on whatever is not what a customer wants: HTTP status, errors, userErrors. */
  ask<Data, Variables>(
    document: TypedQueryDocumentNode<Data, Variables>,
    variables: Variables,
    token?: string,
  ): Promise<Data>;
  /** Bytes of all answers so far. */
  received(): number;
  close(): Promise<void>;
}

interface Answer<Data> {
  data?: Data;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** What was refused, of all payloads in the answer. */
function refusals(data: object): string[] {
  return Object.values(data as Record<string, { userErrors?: { code: string; message: string }[] } | null>)
    .flatMap((payload) => payload?.userErrors ?? [])
    .map(({ code, message }) => `${code}: ${message}`);
}

/** As many connections as there are clients. */
export function createAsker(url: string, connections: number): Asker {
  const { origin, pathname: path } = new URL(url);
  const pool = new Pool(origin, { connections, headersTimeout: 60_000, bodyTimeout: 60_000 });
  let received = 0;
  return {
    ask: async <Data, Variables>(
      document: TypedQueryDocumentNode<Data, Variables>,
      variables: Variables,
      token?: string,
    ) => {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path,
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query: textOf(document), variables }),
      });
      const text = await body.text();
      received += Buffer.byteLength(text);
      if (statusCode !== 200) throw new Error(`HTTP ${statusCode}: ${text.slice(0, 200)}`);
      const { data, errors } = JSON.parse(text) as Answer<Data>;
      if (errors?.[0]) throw new Error(`${errors[0].extensions?.code ?? ''}: ${errors[0].message}`);
      const [refused] = refusals(data as object);
      if (refused !== undefined) throw new Error(refused);
      return data as Data;
    },
    received: () => received,
    close: () => pool.close(),
  };
}
