/** What a subgraph says of the outside parties that it can do without for a while. */
import type { Clock } from './clock.js';

export interface Spare {
  /** Rejects when it does not answer. */
  check: () => Promise<unknown>;
  /** What is so meanwhile, for who runs the shop. */
  otherwise: string;
}

/** Shorter than a gateway waits for all answers together. */
const patienceMs = 2_000;

async function isThere(check: Spare['check']): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), patienceMs)));
  const answered = check().then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}

/** What is missing, in one sentence; undefined when all is there. One that has not answered after 2 s is missing. */
export async function shortageOf(spares: readonly Spare[]): Promise<string | undefined> {
  const there = await Promise.all(spares.map(({ check }) => isThere(check)));
  const missing = spares.filter((_spare, i) => !there[i]).map(({ otherwise }) => otherwise);
  return missing.length > 0 ? missing.join('; ') : undefined;
}

/** The same check, made again only when its last answer is `ms` old: others count our requests. */
export function remembered(check: Spare['check'], ms: number, clock: Clock): Spare['check'] {
  let last: { at: number; answer: Promise<unknown> } | undefined;
  return () => {
    const now = clock().getTime();
    if (!last || now - last.at >= ms) last = { at: now, answer: check() };
    return last.answer;
  };
}
