/**
 * A client as a careful app is one: a call that got no usable answer is made again with the same input and key, until there
 * is an answer or patience ends. What became of a call whose answer never came is unknown, and the shop's to sort out.
 */
import { randomUUID } from 'node:crypto';

/** What the shop answered for good. */
export type Answer<T> = { payload: T; refused: null } | { payload: null; refused: string };

/** There was no answer within patience: it may have happened or not. */
export class Unknown extends Error {
  override readonly name = 'Unknown';
}

/** An error that a correct client never sees: the run is red. */
export class ClientFault extends Error {
  override readonly name = 'ClientFault';
}

export interface Session {
  accessToken: string;
  refreshToken: string;
}

export interface Network {
  /** The gateway's. */
  url: string;
  /** How long one intent is tried. */
  patienceMs: number;
  /** How often a call was made again, by reason. */
  retries: Record<string, number>;
}

/** Refusals and errors that say "the same again". */
const passing = new Set([
  ...['TRY_AGAIN', 'PAYMENT_IN_PROGRESS', 'CAPTURE_IN_PROGRESS', 'REFRESH_TOKEN_JUST_USED'],
]);
/** Errors that a repeat does not mend, and that no story of ours may cause. */
const faults = new Set([
  'BAD_USER_INPUT',
  'FORBIDDEN',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'IDEMPOTENCY_KEY_REUSED',
]);
const answerWithinMs = 30_000;

interface Reply {
  data?: Record<string, { userErrors?: { code: string; message: string }[] } | null> | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

async function post(url: string, token: string | null, body: object): Promise<Reply | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return (await response.json()) as Reply;
  } catch {
    return null;
  }
}

const typeOf = (field: string): string => `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`;

function mutationOf(field: string, input: object | null, selection: string): object {
  const query = input
    ? `mutation ($input: ${typeOf(field)}!) { ${field}(input: $input) { ${selection} userErrors { code message } } }`
    : `mutation { ${field} { ${selection} userErrors { code message } } }`;
  return { query, ...(input ? { variables: { input } } : {}) };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Client {
  /** Makes one try and takes what comes; null: unknown. For customers who go away. */
  tryOnce<T>(field: string, input: object | null, selection: string): Promise<Answer<T> | null>;
  /** The shop's answer. @throws Unknown where there is none within patience; ClientFault */
  call<T>(field: string, input: object | null, selection: string): Promise<Answer<T>>;
  /** The payload of a call that nothing may refuse. @throws ClientFault where it was */
  sure<T>(field: string, input: object | null, selection: string): Promise<T>;
  /** A query's data. @throws Unknown where there is none within patience */
  query<T>(query: string, variables: object): Promise<T>;
  /** The same for a session. */
  as(session: Session): Client;
}

/** Makes `attempt` until it has something. */
async function insist<T extends object>(
  { patienceMs, retries }: Network,
  what: string,
  attempt: () => Promise<T | { again: string }>,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (let wait = 60; ; wait = Math.min(wait * 1.6, 1_500)) {
    const answer = await attempt();
    if (!('again' in answer)) return answer;
    if (Date.now() > end) throw new Unknown(`${what}: ${answer.again}, for ${patienceMs} ms`);
    retries[answer.again] = (retries[answer.again] ?? 0) + 1;
    await pause(wait * (0.5 + Math.random()));
  }
}

/** A client of one person; without a session a visitor's. */
export function createClient(network: Network, begun: Session | null = null): Client {
  let session = begun;
  let renewing: Promise<void> | undefined;

  /** A new access token, once for all calls that found the old one expired. */
  async function renew(): Promise<void> {
    const input = { idempotencyKey: randomUUID(), refreshToken: session?.refreshToken ?? '' };
    const selection = 'session { accessToken refreshToken }';
    const { payload } = await createClient(network).call<{ session: Session }>(
      'refreshSession',
      input,
      selection,
    );
    if (!payload) throw new ClientFault('A session that was open could not be refreshed.');
    session = payload.session;
  }

  /** Sends it; the errors that say to sign in anew have been heeded for the next try. */
  async function send(what: string, body: object): Promise<Reply | { again: string }> {
    const token = session?.accessToken ?? null;
    const reply = await post(network.url, token, body);
    if (!reply) return { again: 'no answer' };
    const code = reply.errors?.[0] && (reply.errors[0].extensions?.code ?? 'no code');
    if (code === undefined) return reply;
    if (faults.has(code)) throw new ClientFault(`${what}: ${code}: ${reply.errors?.[0]?.message ?? ''}`);
    if (code === 'UNAUTHENTICATED' && token !== null && token === session?.accessToken)
      await (renewing ??= renew().finally(() => (renewing = undefined)));
    return { again: code };
  }

  async function mutateOnce<T>(
    field: string,
    input: object | null,
    selection: string,
  ): Promise<Answer<T> | { again: string }> {
    const reply = await send(field, mutationOf(field, input, selection));
    if ('again' in reply) return reply;
    const payload = reply.data?.[field];
    const [refused] = payload?.userErrors ?? [];
    if (refused)
      return passing.has(refused.code) ? { again: refused.code } : { payload: null, refused: refused.code };
    return payload ? { payload: payload as T, refused: null } : { again: 'no data' };
  }

  const client: Client = {
    tryOnce: async <T>(field: string, input: object | null, selection: string) => {
      const answer = await mutateOnce<T>(field, input, selection);
      return 'again' in answer ? null : answer;
    },
    call: <T>(field: string, input: object | null, selection: string) =>
      insist<Answer<T>>(network, field, () => mutateOnce<T>(field, input, selection)),
    sure: async <T>(field: string, input: object | null, selection: string) => {
      const { payload, refused } = await client.call<T>(field, input, selection);
      if (payload === null) throw new ClientFault(`${field} was refused: ${refused}`);
      return payload;
    },
    query: async <T>(query: string, variables: object) => {
      const { data } = await insist(network, 'query', () => send('query', { query, variables }));
      return data as T;
    },
    as: (other) => createClient(network, other),
  };
  return client;
}
