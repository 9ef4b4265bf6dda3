/** Asks at a subgraph's own door, where the gateway and the other subgraphs ask, and says how that went. */
import type { ExecutionResult } from 'graphql';
import type { Subgraph } from '../../subgraphs/shared/subgraph.js';
import type { GeneratedDocument } from './documents.js';
import type { Verdict } from './expectation.js';
import type { TestViewer } from './viewers.js';

export type Outcome = Verdict | `BROKE: ${string}`;

/** Codes with which a service answers whom it has let in. */
const answers = new Set(['NOT_FOUND', 'BAD_USER_INPUT', 'RETRY_LATER', 'IDEMPOTENCY_KEY_REUSED']);

export function outcomeOf({ errors = [] }: ExecutionResult): Outcome {
  const codes = errors.map((error) => String(error.extensions?.['code'] ?? error.message));
  const broken = codes.find(
    (code) => code !== 'UNAUTHENTICATED' && code !== 'FORBIDDEN' && !answers.has(code),
  );
  if (broken !== undefined) return `BROKE: ${broken}`;
  if (codes.includes('UNAUTHENTICATED')) return 'UNAUTHENTICATED';
  return codes.includes('FORBIDDEN') ? 'FORBIDDEN' : 'LET THROUGH';
}

export const ask = (
  subgraph: Subgraph,
  viewer: TestViewer,
  document: GeneratedDocument,
): Promise<ExecutionResult> => subgraph.execute({ ...document, caller: viewer.caller });

/** The refusal, or the first event; where none comes for a long while the viewer has been let through as well. */
export async function firstEvent(
  subgraph: Subgraph,
  viewer: TestViewer,
  document: GeneratedDocument,
): Promise<ExecutionResult> {
  const stream = await subgraph.subscribe({ ...document, caller: viewer.caller });
  if (!(Symbol.asyncIterator in stream)) return stream;
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<ExecutionResult>((resolve) => (timer = setTimeout(() => resolve({}), 5_000)));
  const event = stream.next().then(({ value }: IteratorResult<ExecutionResult, undefined>) => value ?? {});
  const first = await Promise.race([event, silence]).finally(() => clearTimeout(timer));
  await stream.return?.();
  return first;
}
