/**
 * Password hashes: argon2id with the parameters that OWASP names as the least (19 MiB, two passes). Two at a time, so that
 * a wave of sign-ins cannot take all cores and memory; who would wait too long is told to come back.
 */
import { hash, verify, type Algorithm } from '@node-rs/argon2';
import { clientError } from '../../shared/errors.js';

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Does the same work, and answers false, where there is no hash: time must not tell whether an account exists. */
  verify(stored: string | null | undefined, password: string): Promise<boolean>;
}

// The library's enum has no value at run time under isolatedModules: 2 is argon2id.
const argon2id: Algorithm = 2;
const parameters = { algorithm: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export interface HasherOptions {
  concurrency?: number;
  /** How many may wait. */
  queueLimit?: number;
}

export function createPasswordHasher({
  concurrency = 2,
  queueLimit = 100,
}: HasherOptions = {}): PasswordHasher {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= concurrency) {
      if (waiting.length >= queueLimit) {
        throw clientError(
          'RETRY_LATER',
          'Too many people sign in at this moment: try again in a few seconds.',
        );
      }
      // Who is let in takes over the place of who leaves: `running` stays.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }

  let nobody: Promise<string> | undefined;
  return {
    hash: (password) => inTurn(() => hash(password, parameters)),
    verify: async (stored, password) => {
      nobody ??= hash('nobody has this password', parameters);
      const against = stored ?? (await nobody);
      const right = await inTurn(() => verify(against, password));
      return right && stored != null;
    },
  };
}
