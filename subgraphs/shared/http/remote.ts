/**
 * A subgraph that runs in another process, or in several: the same door as one in this process. Requests go over
 * keep-alive connections, signed; what cannot be reached answers SERVICE_UNAVAILABLE.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLError, type ExecutionResult } from 'graphql';
import { Pool, type Dispatcher } from 'undici';
import type { SubgraphName } from '../../list.js';
import type { Log } from '../log.js';
import type { Subgraph, SubgraphRequest } from '../subgraph.js';
import { readEvents } from './event-stream.js';
import { isMutation } from './operation.js';
import { eventStream, heartbeatMs } from './server.js';
import { audienceOf, signatureHeader } from './signature.js';

export interface RemoteOptions {
  name: SubgraphName;
  /** Origins of its processes; each request goes to the next one, and past one that does not answer. */
  origins: readonly string[];
  sign: (audience: string, body: string) => string;
  log: Log;
  /** How long an answer may take: 30 s unless told. */
  timeoutMs?: number;
}

export interface Remote extends Pick<Subgraph, 'execute' | 'subscribe' | 'ready'> {
  /** Closes its connections, those in use too. */
  close(): Promise<void>;
}

/** Connections to one process of a subgraph. Over HTTP/1.1 each carries one request at a time, a stream all its life. */
const connections = 128;

/** Nothing of the request left this process: any request may be tried elsewhere. */
const neverSent = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;
/** The connection ended before the answer: what a mutation did there is unknown. */
const cutOff = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/;

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
};

export function createRemote({ name, origins, sign, log, timeoutMs = 30_000 }: RemoteOptions): Remote {
  const options = { keepAliveTimeout: 55_000, connect: { timeout: 2_000 } };
  const pools = origins.map((origin) => new Pool(origin, { ...options, connections }));
  // Of their own, as many as the gateway lets be: among the others they would soon leave none for queries.
  const streamPools = origins.map((origin) => new Pool(origin, options));
  if (pools.length === 0) throw new Error(`No address of ${name} was given.`);
  let turn = 0;
  const closing = new AbortController();

  const unavailable = (error: unknown, correlationId: string): ExecutionResult => {
    log.warn({ err: error, subgraph: name, correlationId }, 'a subgraph did not answer');
    const message = 'This is not available at the moment. Try again, with the same keys.';
    return {
      errors: [new GraphQLError(message, { extensions: { code: 'SERVICE_UNAVAILABLE', correlationId } })],
    };
  };

  /**
   * Sends to one process after the other until one takes it; throws the last failure. Where the connection ends before
   * the answer, a query is asked again. A mutation goes once more to the same place with the same signature, which is
   * taken once only, and nowhere else: so it runs now or has run before, and then what it did stays unknown.
   */
  async function send(request: SubgraphRequest, accept: string, signal?: AbortSignal) {
    const body = JSON.stringify(request);
    const isStream = accept === eventStream;
    const bodyTimeout = isStream ? 3 * heartbeatMs : timeoutMs;
    let place = (turn = (turn + 1) % pools.length);
    const audience = audienceOf(name, isStream);
    let signature = sign(audience, body);
    let mayHaveRun = false;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await (isStream ? streamPools : pools)[place]!.request({
          ...{ method: 'POST', path: '/graphql', body, signal, headersTimeout: timeoutMs, bodyTimeout },
          headers: { 'content-type': 'application/json', accept, [signatureHeader]: signature },
        });
      } catch (error) {
        const code = codeOf(error);
        const isCutOff = cutOff.test(code);
        if (mayHaveRun || attempt === pools.length || !(isCutOff || neverSent.test(code))) throw error;
        mayHaveRun = isCutOff && isMutation(request.query);
        if (mayHaveRun) continue;
        place = (place + 1) % pools.length;
        signature = sign(audience, body);
      }
    }
  }

  async function resultOf({ statusCode, body }: Dispatcher.ResponseData): Promise<ExecutionResult> {
    const result = (await body.json()) as ExecutionResult;
    if (statusCode !== 200) throw new Error(`${name} answered ${statusCode}: ${JSON.stringify(result)}`);
    return result;
  }

  async function execute(request: SubgraphRequest): Promise<ExecutionResult> {
    try {
      return await resultOf(await send(request, 'application/json'));
    } catch (error) {
      return unavailable(error, request.caller.correlationId);
    }
  }

  /**
   * The results of a subscription, over as many connections as it takes: it begins with a snapshot, so that beginning
   * anew after a lost connection leaves no gap.
   */
  async function* results(
    request: SubgraphRequest,
    signal: AbortSignal,
    first: ReadableBody,
  ): AsyncGenerator<ExecutionResult> {
    let body: ReadableBody | undefined = first;
    for (let failures = 0; ;) {
      try {
        if (body) {
          for await (const { event, data } of readEvents(body)) {
            failures = 0;
            if (event === 'complete') return;
            yield JSON.parse(data) as ExecutionResult;
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error, subgraph: name }, 'a stream was cut off; it is begun anew');
      }
      body = undefined;
      // Not all at once, where a process that carried thousands has gone.
      const pause = Math.min(2_000, 50 * 2 ** failures++) * (0.5 + Math.random());
      await sleep(pause, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const answer = await send(request, eventStream, signal).catch(() => undefined);
      if (!answer) continue;
      if (isStream(answer.headers)) {
        body = answer.body;
        continue;
      }
      const result = await resultOf(answer).catch(() => undefined);
      // Its database may be away as well: that too passes.
      if (!result || isUnavailable(result)) continue;
      yield result;
      return;
    }
  }

  return {
    execute,
    subscribe: async (request) => {
      const abort = new AbortController();
      const signal = AbortSignal.any([abort.signal, closing.signal]);
      try {
        const answer = await send(request, eventStream, signal);
        if (!isStream(answer.headers)) return await resultOf(answer);
        return freedAtOnce(results(request, signal, answer.body), () => abort.abort());
      } catch (error) {
        return unavailable(error, request.caller.correlationId);
      }
    },
    ready: async () => {
      const states = await Promise.allSettled(
        pools.map(async (pool) => {
          const { statusCode, body } = await pool.request({
            method: 'GET',
            path: '/ready',
            headersTimeout: 3_000,
          });
          const state = (await body.json()) as { detail?: string };
          if (statusCode !== 200) throw new Error(`${name} answered ${statusCode}.`);
          return state.detail;
        }),
      );
      const ready = states.filter((state) => state.status === 'fulfilled').map(({ value }) => value);
      if (ready.length === 0) throw new Error(`${name} is not ready.`);
      return ready.find((detail) => detail !== undefined);
    },
    close: async () => {
      closing.abort();
      await Promise.all([...pools, ...streamPools].map((pool) => pool.destroy()));
    },
  };
}

type ReadableBody = AsyncIterable<Buffer>;

const isUnavailable = ({ errors = [] }: ExecutionResult): boolean =>
  errors.some(({ extensions }) => extensions?.['code'] === 'SERVICE_UNAVAILABLE');

const isStream = (headers: Record<string, unknown>): boolean =>
  String(headers['content-type']).startsWith(eventStream);

/** A generator's `return` waits for the `next` that is pending; this one ends that first. */
function freedAtOnce<T>(results: AsyncGenerator<T>, free: () => void): AsyncIterableIterator<T> {
  return {
    next: () => results.next(),
    return: async () => {
      free();
      await results.return(undefined);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
