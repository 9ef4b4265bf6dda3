/** What kept PostgreSQL from starting; the message says what to do about it. */
export type PostgresStartErrorCode =
  | 'NO_BINARIES' // the npm package has none for this machine, or they do not run here
  | 'NO_USER' // started as root, and there is no other user to run as
  | 'FOLDER_NOT_WRITABLE' // neither we nor PostgreSQL's user can put data where it was wished
  | 'NOT_OURS' // the folder holds something that this launcher did not make, or another user's data
  | 'DATA_FOLDER_IN_USE' // another program runs on it
  | 'WRONG_VERSION' // the data is of another major version
  | 'PORT_TAKEN'
  | 'START_FAILED'; // initdb or postgres ended with an error; its last words are in the message

/** The one error of this folder. `code` is for programs, `message` for people. */
export class PostgresStartError extends Error {
  override readonly name = 'PostgresStartError';
  constructor(
    readonly code: PostgresStartErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The `code` of a system error (ENOENT, EEXIST ...), undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  // No instanceof: under jest the system's errors are of another realm.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
