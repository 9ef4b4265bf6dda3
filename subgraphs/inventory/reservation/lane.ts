/**
 * A lane: what arrives while a batch is being decided waits and is decided together next, or beside it where much waits. One transaction then serves up
 * to a whole batch, where one each would queue up at the row of the article that all of them want.
 */
import { clientError } from '../../shared/errors.js';
import type { Clock } from '../../shared/clock.js';

export interface Lane<Request, Answer> {
  /** Throws RETRY_LATER where too many wait, or where the decision took too long: nothing is decided then. */
  decide(request: Request): Promise<Answer>;
}

export interface LaneOptions<Request, Answer> {
  /** Decides all or throws and has decided none; answers in the order of the requests. */
  decideBatch: (requests: Request[]) => Promise<Answer[]>;
  /** Two with the same key never stand in one batch: the later one gets the answer that was kept of the first. */
  keyOf: (request: Request) => string;
  clock: Clock;
  /** How much work a request is, in the unit of `maxWork`; each is 1 where this is left out. */
  workOf?: (request: Request) => number;
  /** Requests per batch at most. */
  maxBatch?: number;
  /** Work per batch at most, but for a single request that is more: who comes next must not wait long for it. */
  maxWork?: number;
  /** Requests that may wait; more are sent away. */
  maxWaiting?: number;
  /**
   * When so many wait, a second batch is sent while the first is in flight: the database then decides the one while this
   * process answers the other's callers and takes their next requests, instead of each waiting for the other. Fewer are
   * cheaper together: a decision in half a batch costs the database about half as much again.
   */
  enoughForSecond?: number;
  /** How long the members of a failed batch may be tried one by one; those left then are sent away. */
  deadlineMs?: number;
}

interface Entry<Request, Answer> {
  request: Request;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

export const retryLater = (): Error =>
  clientError('RETRY_LATER', 'Too much is being reserved at the moment. Nothing was decided: try again.');

export function createLane<Request, Answer>(options: LaneOptions<Request, Answer>): Lane<Request, Answer> {
  const { decideBatch, keyOf, clock, workOf = () => 1 } = options;
  const { maxBatch = 256, maxWork = 1_000, maxWaiting = 2_000, deadlineMs = 1_000 } = options;
  const { enoughForSecond = 128 } = options;
  let waiting: Entry<Request, Answer>[] = [];
  /** Batches in flight, 2 at most. Two that want the same rows wait for each other as those of two processes do. */
  let running = 0;

  const nextBatch = (): Entry<Request, Answer>[] => {
    const batch = new Map<string, Entry<Request, Answer>>();
    const later: Entry<Request, Answer>[] = [];
    let work = 0;
    for (const entry of waiting) {
      const key = keyOf(entry.request);
      const more = work + workOf(entry.request);
      if (batch.size < maxBatch && !batch.has(key) && (batch.size === 0 || more <= maxWork)) {
        batch.set(key, entry);
        work = more;
      } else later.push(entry);
    }
    waiting = later;
    return [...batch.values()];
  };

  const decideAlone = async (entry: Entry<Request, Answer>): Promise<void> => {
    try {
      const [answer] = await decideBatch([entry.request]);
      entry.resolve(answer as Answer);
    } catch (error) {
      entry.reject(error);
    }
  };

  const decideTogether = async (batch: Entry<Request, Answer>[]): Promise<void> => {
    let answers: Answer[];
    try {
      answers = await decideBatch(batch.map((entry) => entry.request));
    } catch {
      // One of them may be at fault: the others must not suffer for it, nor those behind them for long.
      const until = clock().getTime() + deadlineMs;
      for (const entry of batch) {
        if (clock().getTime() >= until) entry.reject(retryLater());
        else await decideAlone(entry);
      }
      return;
    }
    batch.forEach((entry, i) => entry.resolve(answers[i] as Answer));
  };

  const run = async (): Promise<void> => {
    running += 1;
    while (waiting.length > 0) {
      const batch = nextBatch();
      const [only] = batch;
      if (batch.length === 1 && only) await decideAlone(only);
      else await decideTogether(batch);
    }
    running -= 1;
  };

  return {
    decide: (request) =>
      new Promise((resolve, reject) => {
        if (waiting.length >= maxWaiting) {
          reject(retryLater());
          return;
        }
        waiting.push({ request, resolve, reject });
        if (running === 0 || (running === 1 && waiting.length >= enoughForSecond)) void run();
      }),
  };
}
