/** One subscription over graphql-ws as an async iterable. */
import type { DocumentNode } from 'graphql';
import type { Client as WebSocketClient } from 'graphql-ws';
import { answeredWith, GraphQLRequestError, type AnsweredError } from './errors.js';
import { textOf } from './http.js';

/** Events of a subscription. `return` closes it, as the end of a `for await` does. */
export interface LiveEvents<Data> extends AsyncIterableIterator<Data, undefined> {
  next(): Promise<IteratorResult<Data, undefined>>;
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** The gateway closes with it when a token is bad or has expired. */
const forbidden = 4403;
const closeOf = (event: unknown): { code?: unknown; reason?: unknown } =>
  typeof event === 'object' && event !== null ? event : {};

/** Connections that were cut are made again; with the same bad token that is in vain. */
export const mayRetry = (event: unknown, tokenMayChange: boolean): boolean => {
  const { code } = closeOf(event);
  return code !== undefined && (code !== forbidden || tokenMayChange);
};

/** What graphql-ws gives up with: the server's errors, a close of the socket, or an error of the socket. */
function failureOf(url: string, failure: unknown): GraphQLRequestError {
  if (failure instanceof GraphQLRequestError) return failure;
  if (Array.isArray(failure)) return answeredWith(failure as AnsweredError[]);
  const { code, reason } = closeOf(failure);
  const why = [code, reason].filter((part) => part !== undefined && part !== '').join(' ');
  if (code === forbidden)
    return new GraphQLRequestError(String(reason), { code: 'UNAUTHENTICATED', cause: failure });
  return new GraphQLRequestError(
    `The live connection to ${url} ended${why === '' ? '' : ` (${why})`}. Is the shop running there?`,
    { code: 'NETWORK_ERROR', cause: failure },
  );
}

/**
 * Subscribes at once; events that nobody has asked for yet wait. graphql-ws' own iterator is not used: an error that comes
 * before the first `next` would never wake it.
 */
export function liveEvents(
  socket: WebSocketClient,
  url: string,
  document: DocumentNode,
  variables: unknown,
): LiveEvents<unknown> {
  const waiting: unknown[] = [];
  const end: IteratorReturnResult<undefined> = { done: true, value: undefined };
  let failure: GraphQLRequestError | undefined;
  let ended = false;
  let wake = (): void => undefined;
  const finish = (error?: unknown): void => {
    if (!ended && error !== undefined) failure = failureOf(url, error);
    ended = true;
    wake();
  };

  const close = socket.subscribe<unknown>(
    { query: textOf(document), variables: variables as Record<string, unknown> },
    {
      next: ({ data, errors }) => {
        if (ended) return;
        if (errors) {
          finish(answeredWith(errors, { data }));
          close();
        } else {
          waiting.push(data);
          wake();
        }
      },
      error: finish,
      complete: () => finish(),
    },
  );

  const events: LiveEvents<unknown> = {
    next: async () => {
      while (waiting.length === 0 && !ended) await new Promise<void>((resolve) => (wake = resolve));
      if (waiting.length > 0) return { done: false, value: waiting.shift() };
      if (!failure) return end;
      const error = failure;
      failure = undefined;
      throw error;
    },
    return: async () => {
      waiting.length = 0;
      finish();
      close();
      return end;
    },
    [Symbol.asyncIterator]: () => events,
  };
  return events;
}
