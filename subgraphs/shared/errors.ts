/**
 * Two kinds of failure (design, section 3). What the customer did wrong is data, a `UserError` in the payload; not signed
 * in, not allowed, malformed and broken are GraphQL errors with a stable `extensions.code`.
 */
import { GraphQLError } from 'graphql';

/** A GraphQL error that a client may see as it is; everything else that is thrown is masked and logged. */
export const clientError = (
  code: string,
  message: string,
  more: Record<string, unknown> = {},
): GraphQLError => new GraphQLError(message, { extensions: { code, ...more } });

export const notSignedIn = (): GraphQLError =>
  clientError(
    'UNAUTHENTICATED',
    'This needs a signed-in customer: send an access token as "Authorization: Bearer ...".',
  );

export const forbidden = (permission: string): GraphQLError =>
  clientError('FORBIDDEN', `This needs the permission ${permission}.`, { permission });

/** Malformed input that a correct client never sends. `field` is the path inside `input`. */
export const badInput = (message: string, field: string[] = []): GraphQLError =>
  clientError('BAD_USER_INPUT', message, { field });

/** One entry of a payload's `userErrors`; concrete types add their facts. */
export interface UserError {
  __typename: string;
  /** Stable, upper case: what a client switches on. */
  code: string;
  message: string;
  /** Path inside `input` to what was wrong. */
  field?: string[];
  [fact: string]: unknown;
}

export const invalidInput = (message: string, field: string[]): UserError => ({
  __typename: 'InvalidInputError',
  code: 'INVALID_INPUT',
  message,
  field,
});

/** Also for what belongs to somebody else: whether it exists is not told. */
export const notFound = (what: string, field: string[]): UserError => ({
  __typename: 'NotFoundError',
  code: 'NOT_FOUND',
  message: `There is no such ${what}.`,
  field,
});

/** The thing is in a state that does not allow this. */
export const conflict = (code: string, message: string, field: string[] = []): UserError => ({
  __typename: 'ConflictError',
  code,
  message,
  field,
});

export const versionConflict = (expected: number, current: number): UserError => ({
  __typename: 'VersionConflictError',
  code: 'VERSION_CONFLICT',
  message: `Version ${expected} was expected, it is ${current} now: read it again and decide anew.`,
  field: ['expectedVersion'],
  currentVersion: current,
});

/** Thrown inside a service to roll its transaction back; `withUserErrors` turns it into the payload. */
export class Refused extends Error {
  readonly userErrors: UserError[];

  constructor(...userErrors: UserError[]) {
    super(userErrors.map((error) => error.message).join(' '));
    this.name = 'Refused';
    this.userErrors = userErrors;
  }
}

/** Refused for these reasons, if there are any. */
export function refuse(userErrors: readonly UserError[]): void {
  if (userErrors.length > 0) throw new Refused(...userErrors);
}

export type Payload<T> = Partial<T> & { userErrors: UserError[] };

/** Runs a service's work: its result with no userErrors, or, where it was refused, the userErrors alone. */
export async function withUserErrors<T extends object>(work: () => Promise<T>): Promise<Payload<T>> {
  try {
    return { userErrors: [], ...(await work()) };
  } catch (error) {
    if (error instanceof Refused) return { userErrors: error.userErrors } as Payload<T>;
    throw error;
  }
}
