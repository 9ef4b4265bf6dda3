/** One GraphQL request over HTTP. */
import { print, type DocumentNode } from 'graphql';
import { answeredWith, GraphQLRequestError, type AnsweredError } from './errors.js';

const texts = new WeakMap<DocumentNode, string>();

/** A document as text, printed once. */
export function textOf(document: DocumentNode): string {
  let text = texts.get(document);
  if (text === undefined) texts.set(document, (text = print(document)));
  return text;
}

interface Answer {
  data?: unknown;
  errors?: AnsweredError[];
}

const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' && value !== null && ('data' in value || 'errors' in value);

/** The reason that `fetch` hides in the cause: `ECONNREFUSED`. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: unknown; message?: unknown }; message?: unknown };
  return String(cause?.code ?? cause?.message ?? message ?? error);
}

/**
 * The data of the answer.
 * @throws GraphQLRequestError when the shop can't be reached, answers something else than GraphQL, or with errors
 */
export async function request(
  url: string,
  headers: Record<string, string>,
  document: DocumentNode,
  variables: unknown,
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json;q=0.9',
    },
    body: JSON.stringify({ query: textOf(document), variables }),
  }).catch((error: unknown) => {
    throw new GraphQLRequestError(
      `Cannot reach ${url} (${reasonOf(error)}). Is the shop running there, and can this device reach it?`,
      { code: 'NETWORK_ERROR', cause: error },
    );
  });
  const { status } = response;
  const correlationId = response.headers.get('x-correlation-id') ?? undefined;
  const answer: unknown = await response.json().catch(() => undefined);
  if (!isAnswer(answer)) {
    throw new GraphQLRequestError(
      `${url} answered with status ${status} and no GraphQL. The url must be the gateway's /graphql.`,
      { code: 'BAD_ANSWER', status, correlationId },
    );
  }
  if (answer.errors) throw answeredWith(answer.errors, { status, correlationId, data: answer.data });
  return answer.data;
}
