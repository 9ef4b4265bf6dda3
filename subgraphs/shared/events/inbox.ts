/**
 * Consumers of events. A transactional consumer does claim, effect and acknowledgement in one transaction, so that the
 * effect happens exactly once; only if the batch fails are its messages tried one by one. A leasing consumer is for
 * effects outside the database (mail, search index, payments): claim, do, acknowledge, with `idempotencyKeyOf` making a
 * repeat harmless. Failures back off and end in the dead-letter table; outages are waited out for a day.
 */
import type { Clock } from '../clock.js';
import { isOutage } from '../database-error.js';
import type { Log } from '../log.js';
import { transact, type TransactionContext } from '../transaction.js';
import type { EventOf, EventType, Message } from './catalogue.js';
import { startLoop } from './loop.js';
import { acknowledge, claim, claimLease, fail, postpone, release, saveSubscriptions } from './inbox-store.js';
import { removeDone } from './retention.js';
import { inboxBell } from './wake.js';

export interface ConsumerContext extends TransactionContext {
  clock: Clock;
  log: Log;
  correlationId: string;
}

/** One handler per event type, given a batch in order; safe to run twice. */
export type Handlers<Context> = {
  [Type in EventType]?: (context: Context, batch: EventOf<Type>[]) => Promise<void>;
};

/** Handlers of this subgraph's own timers, by the timer's type (timers.ts). */
export type TimerHandlers<Context> = Record<
  string,
  (context: Context, batch: Message<never>[]) => Promise<void>
>;

export interface Consumer<Context> {
  /** Unique in the subgraph; part of every inbox row's key, so never rename it. */
  name: string;
  mode: 'transaction' | 'lease';
  handlers: Handlers<Context>;
  /**
   * Handlers of what an earlier release had subscribed to: nothing of it is delivered any more, but some may have been when
   * this release started, and would become dead letters.
   */
  retired?: Handlers<Context>;
  timers?: TimerHandlers<Context>;
  /** Messages per transaction (50 unless told) or lease (1: what waits behind a slow effect is better left to others). */
  batchSize?: number;
  /** The shortest pause between batches that were not full (100 unless told): what comes meanwhile is one batch. */
  restMs?: number;
}

export interface ConsumeOptions<Context> {
  /** The subgraph's name: part of its consumers' bells. */
  schema: string;
  consumers: readonly Consumer<Context>[];
  /** A fresh context (viewer: the service itself) for one batch. */
  createContext: (correlationId: string) => Context;
  /** What else is over and done with in this subgraph: removes some of it, and says whether there may be more. */
  removeOld?: readonly ((context: Context) => Promise<boolean>)[];
  pollMs?: number;
}

/** After this many failed tries, with pauses of 1 s, 2 s, 4 s ... 17 min (34 min in all), a message is a dead letter. */
export const maxAttempts = 12;
/** So long what a message needs (the database, another subgraph, the provider) may be away; such tries do not count. */
export const outagePatienceMs = 86_400_000;
export const leaseMs = 30_000;
/** Of a leased batch nothing is begun after this: the rest goes back, and the last effect has time to end in its lease. */
const leasedWorkMs = 10_000;

const retentionMs = 3_600_000;

/** The key that makes an outside effect of this message recognisable when it is repeated. */
export const idempotencyKeyOf = (consumer: string, message: Message): string => `${consumer}:${message.id}`;

type AnyHandler<Context> = (context: Context, batch: Message[]) => Promise<void>;

function handlerFor<Context>(consumer: Consumer<Context>, type: string): AnyHandler<Context> {
  const handler =
    consumer.handlers[type as EventType] ?? consumer.timers?.[type] ?? consumer.retired?.[type as EventType];
  if (!handler) throw new Error(`${consumer.name} has no handler for ${type}: a newer release may have`);
  return handler as AnyHandler<Context>;
}

/** Neighbours of one type make one call; the order of the batch is kept. */
function runsOf(messages: readonly Message[]): Message[][] {
  const runs: Message[][] = [];
  for (const message of messages) {
    const last = runs.at(-1);
    if (last?.[0]?.type === message.type) last.push(message);
    else runs.push([message]);
  }
  return runs;
}

async function handle<Context>(
  context: Context,
  consumer: Consumer<Context>,
  messages: readonly Message[],
): Promise<void> {
  for (const run of runsOf(messages)) await handlerFor(consumer, run[0]?.type ?? '')(context, run);
}

/** How many messages are claimed at once. */
const sizeOf = ({ mode, batchSize }: Pick<Consumer<never>, 'mode' | 'batchSize'>): number =>
  batchSize ?? (mode === 'lease' ? 1 : 50);

/** Claims, handles and acknowledges one batch in one transaction; how many messages that were. */
async function consumeInTransaction<Context extends ConsumerContext>(
  options: ConsumeOptions<Context>,
  consumer: Consumer<Context>,
): Promise<number> {
  const size = sizeOf(consumer);
  const context = options.createContext('');
  try {
    return await transact(context, async (inner) => {
      const claimedAt = inner.clock();
      const messages = await claim(inner.db, consumer.name, claimedAt, size);
      if (messages.length === 0) return 0;
      await handle({ ...inner, correlationId: messages[0]?.correlationId ?? '' }, consumer, messages);
      await acknowledge(inner.db, consumer.name, messages, claimedAt, inner.clock());
      return messages.length;
    });
  } catch (error) {
    context.log.debug(
      { err: error, consumer: consumer.name },
      'a batch failed; its messages are tried one by one',
    );
    return consumeOneByOne(options, consumer, size);
  }
}

async function consumeOneByOne<Context extends ConsumerContext>(
  options: ConsumeOptions<Context>,
  consumer: Consumer<Context>,
  size: number,
): Promise<number> {
  let count = 0;
  for (; count < size; count += 1) {
    const context = options.createContext('');
    let current: Message | undefined;
    try {
      const found = await transact(context, async (inner) => {
        const claimedAt = inner.clock();
        [current] = await claim(inner.db, consumer.name, claimedAt, 1);
        if (!current) return false;
        await handle({ ...inner, correlationId: current.correlationId }, consumer, [current]);
        await acknowledge(inner.db, consumer.name, [current], claimedAt, inner.clock());
        return true;
      });
      if (!found) return count;
    } catch (error) {
      // Without a message the database itself failed: that is the loop's to report and to wait out.
      if (!current) throw error;
      await noteFailure(context, consumer, current, error);
    }
  }
  return count;
}

/**
 * One at a time: what is outside the database may be slow, and a failure is its own message's alone. What was done is
 * acknowledged together; a process that dies before that leaves all of the batch to be done again.
 */
async function consumeByLease<Context extends ConsumerContext>(
  options: ConsumeOptions<Context>,
  consumer: Consumer<Context>,
): Promise<number> {
  const claiming = options.createContext('');
  const claimedAt = claiming.clock();
  const messages = await claimLease(claiming.db, consumer.name, claimedAt, leaseMs, sizeOf(consumer));
  const until = claimedAt.getTime() + leasedWorkMs;
  const done: Message[] = [];
  for (const [i, message] of messages.entries()) {
    if (i > 0 && claiming.clock().getTime() >= until) {
      const leasedUntil = new Date(claimedAt.getTime() + leaseMs);
      await release(claiming.db, consumer.name, messages.slice(i), leasedUntil);
      break;
    }
    const context = options.createContext(message.correlationId);
    try {
      await handle(context, consumer, [message]);
      done.push(message);
    } catch (error) {
      await noteFailure(context, consumer, message, error);
    }
  }
  if (done.length > 0) await acknowledge(claiming.db, consumer.name, done, claimedAt, claiming.clock());
  return messages.length;
}

async function noteFailure<Context extends ConsumerContext>(
  context: Context,
  consumer: Consumer<Context>,
  message: Message,
  error: unknown,
): Promise<void> {
  const outage = isOutage(error);
  const { attempts, buried } = outage
    ? await postpone(context.db, consumer.name, message, error, context.clock(), outagePatienceMs)
    : await fail(context.db, consumer.name, message, error, context.clock(), maxAttempts);
  const facts = {
    err: error,
    consumer: consumer.name,
    event: message.id,
    type: message.type,
    attempts,
    outage,
  };
  if (buried) context.log.error(facts, 'a message is a dead letter now: staff can list and retry it');
  else context.log.warn(facts, 'a message failed and will be tried again');
}

/** Registers the consumers' subscriptions and starts them; `stop` waits for the batches in flight. */
export async function startConsumers<Context extends ConsumerContext>(
  options: ConsumeOptions<Context>,
): Promise<{ stop(): Promise<void> }> {
  const { db, log, wake } = options.createContext('');
  await saveSubscriptions(
    db,
    options.consumers.map(({ name, handlers }) => ({ name, types: Object.keys(handlers) })),
  );
  const loops = options.consumers.map((consumer) =>
    startLoop({
      name: `${options.schema}.${consumer.name}`,
      bell: inboxBell(options.schema, consumer.name),
      wake,
      log,
      pollMs: options.pollMs ?? 1_000,
      ...(consumer.restMs === undefined ? {} : { restMs: consumer.restMs }),
      // A batch that is not full was all there is.
      work: async () => (await consumeOnce(options, consumer)) >= sizeOf(consumer),
    }),
  );
  const retention = startLoop({
    name: `${options.schema}.retention`,
    bell: inboxBell(options.schema, 'retention'),
    wake,
    log,
    pollMs: retentionMs,
    work: () => removeAllOld(options),
  });
  return { stop: async () => void (await Promise.all([...loops, retention].map((loop) => loop.stop()))) };
}

/** A batch of everything that is over and done with; true when there may be more of any. */
async function removeAllOld<Context extends ConsumerContext>(
  options: ConsumeOptions<Context>,
): Promise<boolean> {
  const context = options.createContext('');
  let more = await removeDone(context);
  for (const remove of options.removeOld ?? []) more = (await remove(context)) || more;
  return more;
}

/** One batch. */
export async function consumeOnce<Context extends ConsumerContext>(
  options: ConsumeOptions<Context>,
  consumer: Consumer<Context>,
): Promise<number> {
  return consumer.mode === 'lease'
    ? consumeByLease(options, consumer)
    : consumeInTransaction(options, consumer);
}
