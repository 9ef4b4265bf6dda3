// What every endpoint gets and gives.
import type { z } from 'zod';
import type { ErrorBody } from './errors.js';
import type { Unit } from './store.js';

export interface SandboxSettings {
  /** The server's own address, for pages that a person opens. */
  baseUrl: string;
  /** How long a bank debit stays in `processing`, in milliseconds. */
  processingDelayMs: number;
  /** How long after the capture the balance transaction follows with `capture_method: automatic_async`. */
  asyncCaptureDelayMs: number;
  /** How long an object stays invisible to search, in milliseconds: Stripe's search lags as well. */
  searchLagMs: number;
}

export interface Call<P = unknown> {
  unit: Unit;
  params: P;
  /** The ids in the path, in order. */
  id: string;
  subId: string;
  settings: SandboxSettings;
}

/** An answer whose changes are kept; a decline is one. */
export type Answer = { status: 200; body: object } | { status: 402; body: { error: ErrorBody } };

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** `:id` stands for an id. */
  path: string;
  schema: z.ZodType;
  run(call: Call): Answer;
}

/** A row of the table of endpoints; `run` gets its parameters as the schema gives them. */
export function route<T extends z.ZodType>(
  method: Route['method'],
  path: string,
  schema: T,
  run: (call: Call<z.output<T>>) => Answer | object,
): Route {
  return {
    method,
    path,
    schema,
    run(call) {
      const result = run({ ...call, params: call.params as z.output<T> });
      return isAnswer(result) ? result : { status: 200, body: result };
    },
  };
}

function isAnswer(result: Answer | object): result is Answer {
  // No object of Stripe's has both fields: `status` is a word there.
  return 'status' in result && typeof result.status === 'number' && 'body' in result;
}
