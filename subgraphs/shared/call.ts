/** Calls from one subgraph to another: typed operations through its only door, its schema. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import type { SubgraphName } from '../list.js';
import { serviceCaller, type Caller } from './caller.js';
import type { Subgraph } from './subgraph.js';

/** Calls `subgraph` on behalf of the shop; throws `CallError` when the answer has errors. */
export type Call = <Data, Variables extends Record<string, unknown>>(
  subgraph: SubgraphName,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

/** A call to another subgraph did not succeed. Without `code`, what it did there is unknown: repeat it, keys and all. */
export class CallError extends Error {
  constructor(
    readonly subgraph: SubgraphName,
    message: string,
    readonly code: string | undefined,
  ) {
    super(`${subgraph}: ${message}`);
    this.name = 'CallError';
  }
}

const texts = new WeakMap<object, string>();
function textOf(document: TypedDocumentNode<unknown, never>): string {
  let text = texts.get(document);
  if (text === undefined) texts.set(document, (text = print(document)));
  return text;
}

/** What reaches the subgraphs: their `execute` in this process, or HTTP. */
export type Door = Pick<Subgraph, 'execute'>;

/** A caller for `from`, which keeps the correlation id, language and currency of `caller`'s request. */
export function createCall(
  doorTo: (subgraph: SubgraphName) => Door,
  from: SubgraphName,
  caller: Caller,
): Call {
  const service: Caller = { ...serviceCaller(from, caller.correlationId), headers: caller.headers };
  return async (subgraph, document, variables) => {
    const query = textOf(document as TypedDocumentNode<unknown, never>);
    const { data, errors } = await doorTo(subgraph).execute({ query, variables, caller: service });
    const [error] = errors ?? [];
    if (error) throw new CallError(subgraph, error.message, error.extensions['code'] as string | undefined);
    return data as never;
  };
}
