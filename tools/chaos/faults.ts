/** Breaks things when their time has come, and waits in the end until all serves again. */
import type { Fault, Timed } from './plan.js';
import type { ChaosShop } from './shop.js';

export interface Breaking {
  /** One more step of a checkout was taken. */
  step(): void;
  /** What is left happens now; resolves when all serves again. */
  finish(): Promise<void>;
  /** How often each was broken. */
  counts: Record<string, number>;
}

const nameOf = (fault: Fault): string => (fault.kind === 'kill' ? fault.process : fault.kind);

async function breakNow({ processes, database, redis, clock }: ChaosShop, fault: Fault): Promise<void> {
  switch (fault.kind) {
    case 'kill':
      return processes.kill(`${fault.process} 1`);
    case 'postgres':
      return database.crash(fault.signal);
    case 'redis':
      return redis.kill();
    case 'flush':
      return redis.flushAll();
    case 'time':
      return clock.jump(fault.ms);
  }
}

/** One after the other of each kind, and the kinds at once: a process may be killed while another starts. */
export function startBreaking(
  shop: ChaosShop,
  schedule: readonly Timed[],
  onFault: (name: string) => void,
): Breaking {
  const waiting = [...schedule];
  const counts: Record<string, number> = {};
  const queues = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  let steps = 0;

  function start({ fault }: Timed): void {
    const name = nameOf(fault);
    // Redis is killed or emptied, not both at once.
    const queue = name === 'flush' ? 'redis' : name;
    const run = (queues.get(queue) ?? Promise.resolve()).then(async () => {
      onFault(name);
      counts[name] = (counts[name] ?? 0) + 1;
      await breakNow(shop, fault);
    });
    queues.set(
      queue,
      run.catch((error: unknown) => void failures.push(error)),
    );
  }

  function due(): void {
    for (let next = waiting[0]; next && next.afterSteps <= steps; next = waiting[0]) {
      waiting.shift();
      start(next);
    }
  }

  return {
    counts,
    step: () => {
      steps += 1;
      due();
    },
    finish: async () => {
      steps = Infinity;
      due();
      await Promise.all(queues.values());
      if (failures.length > 0) throw failures[0];
      await Promise.all(shop.processes.list().map(({ name }) => shop.processes.serving(name)));
    },
  };
}
