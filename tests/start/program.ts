/** `npm start` as a person runs it: a process of its own. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** The environment without what switches real parts on: these tests are about the built-in ones. */
export function plainEnvironment(): Record<string, string> {
  const dropped =
    /^(DATABASE_URL|REDIS_URL|OPENSEARCH_URL|SMTP_URL|STRIPE_|HANSE_|NODE_OPTIONS|JEST_|\w+_DATABASE_URL)/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      value === undefined || dropped.test(key) ? [] : [[key, value]],
    ),
  );
}

export interface Program {
  child: ChildProcess;
  /** What it printed so far. */
  output(): string;
  /** Waits until it has printed `text` (five minutes at most); throws with all output when it ends before. */
  printed(text: string | RegExp): Promise<string>;
  /** Its exit code, null when a signal ended it. */
  ended: Promise<number | null>;
  /** The gateway's address, once it is up. */
  url(): Promise<string>;
}

/** Starts the program; `env` is added to the plain environment. */
export function startProgram(
  env: Record<string, string>,
  options: SpawnOptions & { folder?: string; command?: string[] } = {},
): Program {
  const { folder = checkout, command = [], ...more } = options;
  const [file = '', ...parameters] = [
    ...command,
    process.execPath,
    '--import',
    'tsx',
    'gateway/all-in-one.ts',
  ];
  const child = spawn(file, parameters, {
    cwd: folder,
    env: { ...plainEnvironment(), PORT: '0', PAYMENTS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...more,
  });
  let text = '';
  const listeners = new Set<() => void>();
  const hear = (chunk: unknown): void => {
    text += String(chunk);
    listeners.forEach((listener) => listener());
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const printed = (wanted: string | RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const done = (): boolean => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text));
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        listeners.delete(listen);
        act();
      };
      const listen = (): void => {
        if (done()) finish(() => resolve(text));
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`Not printed within five minutes: ${String(wanted)}\n${text}`))),
        300_000,
      );
      listeners.add(listen);
      void ended.then(() =>
        done()
          ? finish(() => resolve(text))
          : finish(() => reject(new Error(`It ended before: ${String(wanted)}\n${text}`))),
      );
      listen();
    });
  return {
    child,
    output: () => text,
    printed,
    ended,
    url: async () => {
      const [, url = ''] = /Open\s+(http:\S+)/.exec(await printed('Ctrl-C ends all of it')) ?? [];
      return url;
    },
  };
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
