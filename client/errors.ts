/** What goes wrong between an app and the shop, as one kind of error that says what to do. */

/** One error as the gateway sends it. */
export interface AnsweredError {
  message: string;
  path?: readonly (string | number)[] | undefined;
  extensions?: Record<string, unknown> | undefined;
}

export interface RequestErrorDetails {
  /** Stable, upper case: `UNAUTHENTICATED`, `NOT_FOUND`, ...; `NETWORK_ERROR` and `BAD_ANSWER` are the client's own. */
  code: string;
  errors?: readonly AnsweredError[];
  /** HTTP status; absent where there was no answer, and on a WebSocket. */
  status?: number | undefined;
  /** To quote to whoever runs the shop: it is in their log. */
  correlationId?: string | undefined;
  /** What did come, where only parts failed. */
  data?: unknown;
  cause?: unknown;
}

/** The shop could not be reached, or answered with errors. */
export class GraphQLRequestError extends Error {
  override readonly name = 'GraphQLRequestError';
  readonly code: string;
  readonly errors: readonly AnsweredError[];
  readonly status: number | undefined;
  readonly correlationId: string | undefined;
  readonly data: unknown;

  constructor(message: string, details: RequestErrorDetails) {
    super(message, { cause: details.cause });
    this.code = details.code;
    this.errors = details.errors ?? [];
    this.status = details.status;
    this.correlationId = details.correlationId;
    this.data = details.data;
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The error for an answer with errors; the first one gives message and code. */
export function answeredWith(
  errors: readonly AnsweredError[],
  details: Omit<RequestErrorDetails, 'code' | 'errors'> = {},
): GraphQLRequestError {
  const [first] = errors;
  return new GraphQLRequestError(first?.message ?? 'The answer has an empty list of errors.', {
    ...details,
    errors,
    code: textOf(first?.extensions?.['code']) ?? 'BAD_ANSWER',
    correlationId: details.correlationId ?? textOf(first?.extensions?.['correlationId']),
  });
}

/** One of a payload's `userErrors`. */
export interface Refusal {
  code: string;
  message: string;
  field?: readonly string[] | null;
}

/** The shop refused what the customer asked for. Nothing was changed. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** The first refusal's. */
  readonly code: string;
  readonly userErrors: readonly Refusal[];

  constructor(userErrors: readonly Refusal[]) {
    super(userErrors.map(({ code, message }) => `${code}: ${message}`).join(' ') || 'Nothing came back.');
    this.code = userErrors[0]?.code ?? 'REFUSED';
    this.userErrors = userErrors;
  }
}
