/**
 * Errors at the gateway's edge. One with a code is for the client and passes; one without is a fault: it is logged here,
 * once, with its cause, and the client gets INTERNAL_SERVER_ERROR and the correlation id to quote.
 */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Log } from './log.js';
import type { Caller } from './source.js';

const internal = 'INTERNAL_SERVER_ERROR';

export type ClientErrorCode =
  | 'UNAUTHENTICATED'
  | 'SERVICE_UNAVAILABLE'
  | 'SHUTTING_DOWN'
  | 'PAYLOAD_TOO_LARGE'
  | 'BAD_REQUEST'
  | 'CARD_NUMBER_REFUSED'
  | 'NOT_FOUND'
  | 'QUERY_TOO_DEEP'
  | 'QUERY_TOO_LARGE'
  | 'TOO_MANY_ALIASES'
  | 'TOO_MANY_ROOT_FIELDS'
  | 'INCOMPLETE_DATA'
  | 'SUBSCRIPTION_TRANSPORT_REQUIRED'
  | 'SUBSCRIPTION_ROOT_CONDITION'
  | 'SUBSCRIPTION_TOO_SLOW'
  | 'TOO_MANY_OPERATIONS'
  | 'TOO_MANY_SUBSCRIPTIONS';

/** An error that a client sees as it is. `status` is the HTTP status where the transport has one. */
export const clientError = (code: ClientErrorCode, message: string, status?: number): GraphQLError =>
  new GraphQLError(message, { extensions: { code, ...(status === undefined ? {} : { http: { status } }) } });

/** graphql-js gives these no code: the client's values did not fit the types. `representations` are the gateway's own. */
const badValue =
  /^(Variable "\$(?!representations")|Argument ")\w+".*(got invalid value|has invalid value|of required type|of non-null type)/s;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** What GraphQLError and its formatted form have in common. */
interface SourceError {
  message: string;
  path?: readonly (string | number)[] | undefined;
  extensions?: Record<string, unknown>;
}

/** Gives every error of a source a code, so that nothing after it has to guess. Keeps the error it was as the cause. */
export function codedSourceError(error: SourceError): GraphQLFormattedError & { originalError: unknown } {
  const code = error.extensions?.['code'] ?? (badValue.test(error.message) ? 'BAD_USER_INPUT' : internal);
  return {
    message: error.message,
    ...(error.path ? { path: error.path } : {}),
    extensions: { ...error.extensions, code },
    originalError: error,
  };
}

/** The same for what a source threw: a GraphQLError with a code was meant for the client, anything else was not. */
export const thrownSourceError = (error: unknown): GraphQLFormattedError & { originalError: unknown } =>
  error instanceof GraphQLError
    ? codedSourceError(error)
    : { message: String(error), extensions: { code: internal }, originalError: error };

function causeOf(error: unknown): unknown {
  let cause = error;
  while (isObject(cause) && isObject(cause['originalError'])) cause = cause['originalError'];
  return cause;
}

/** What libraries and subgraphs put into `extensions` that is not for clients, or is said by another name. */
const hidden = new Set(['stacktrace', 'exception', 'http', 'serviceName', 'originalError']);

function masked(
  { correlationId }: Caller,
  path: GraphQLError['path'],
  more: Record<string, unknown>,
): GraphQLError {
  return new GraphQLError(`Something went wrong on our side. Quote ${correlationId} when you report it.`, {
    path: path ?? null,
    extensions: { code: internal, correlationId, ...more },
  });
}

const asGraphQLError = (thrown: unknown): GraphQLError =>
  thrown instanceof GraphQLError
    ? thrown
    : new GraphQLError(String(thrown), { originalError: thrown instanceof Error ? thrown : null });

/** The error as the client may see it. */
export function presentError(thrown: unknown, caller: Caller, log: Log): GraphQLError {
  const error = asGraphQLError(thrown);
  const { serviceName: service, code, http } = error.extensions;
  const known = code ?? (badValue.test(error.message) ? 'BAD_USER_INPUT' : internal);
  if (known === internal) {
    const { correlationId } = caller;
    log.error({ err: causeOf(error), correlationId, service, path: error.path }, 'unexpected error');
    // A fault of the gateway itself is a 500; one of a service leaves the rest of the answer good.
    return masked(caller, error.path, service === undefined ? { http: { status: 500 } } : { service });
  }
  const shown = Object.entries(error.extensions).filter(([name]) => !hidden.has(name));
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    path: error.path ?? null,
    extensions: {
      ...Object.fromEntries(shown),
      code: known,
      ...(service === undefined ? {} : { service }),
      // Only the gateway's own errors choose the HTTP status.
      ...(service === undefined && http !== undefined ? { http } : {}),
    },
  });
}

/** The same error without what is only for an HTTP answer. */
export function withoutHttp(error: GraphQLError): GraphQLError {
  const { http: _, ...extensions } = error.extensions;
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    path: error.path ?? null,
    extensions,
  });
}

const tooManyTokens = /^Syntax Error: Document contains more tha[tn] \d+ tokens/;

/**
 * Apollo Server's last look at an error that it formats. Its ValidationError hides the code of our own rules, its parser
 * has no code of its own for too many tokens, and what it did not expect keeps its message; this mends all three.
 */
export function formatServerError(
  formatted: GraphQLFormattedError,
  error: unknown,
  log: Log,
): GraphQLFormattedError {
  const extensions = { ...formatted.extensions };
  const cause = error instanceof GraphQLError ? error.originalError : undefined;
  if (
    extensions['code'] === 'GRAPHQL_VALIDATION_FAILED' &&
    cause instanceof GraphQLError &&
    cause.extensions['code']
  )
    extensions['code'] = cause.extensions['code'];
  if (tooManyTokens.test(formatted.message)) extensions['code'] = 'QUERY_TOO_LARGE';
  if (extensions['code'] === internal && extensions['correlationId'] === undefined) {
    log.error({ err: causeOf(error) }, 'unexpected error outside of execution');
    return { message: 'Something went wrong on our side.', extensions: { code: internal } };
  }
  return { ...formatted, extensions };
}
