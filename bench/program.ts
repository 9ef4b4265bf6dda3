/** `npm start` as a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { serverOptions } from '../local/node-options.js';
import { createHeaps, heapOption } from './heap.js';

export interface Program {
  /** The gateway's. */
  url: string;
  pid: number;
  /** From the command to "Hanse is up". */
  seconds: number;
  /** Bytes in use after a garbage collection. */
  heap(): Promise<number>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** What measured processes have of our environment: no variable of Hanse's, so that the same is measured everywhere. */
export const plainEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Log lines of a measured process, where only errors are logged: they say why an operation failed. */
export function showErrors(name: string, line: string): void {
  if (line.startsWith('{"level"')) process.stderr.write(`${name}: ${line}\n`);
}

export interface ProgramOptions {
  /** Modules of ours that are loaded before it, in TypeScript. */
  imports?: readonly string[];
  /** More options of Node.js, each after a blank. */
  nodeOptions?: string;
  /** Whatever it prints, line by line. */
  onLine?: (line: string) => void;
}

/** Starts it and waits until it is up; `env` is added to the plain environment. */
export async function startProgram(
  env: Record<string, string>,
  { imports = [], nodeOptions = '', onLine }: ProgramOptions = {},
): Promise<Program> {
  const heaps = createHeaps();
  const began = performance.now();
  const loaded = ['tsx', ...imports].flatMap((module) => ['--import', module]);
  const child = spawn(process.execPath, [...serverOptions, ...loaded, 'gateway/all-in-one.ts'], {
    cwd: root,
    env: { ...plainEnvironment(), PORT: '0', NODE_OPTIONS: heapOption + nodeOptions, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-10_000);
      for (const line of chunk.toString().split('\n')) {
        heaps.hear('hanse', line);
        showErrors('hanse', line);
        onLine?.(line);
      }
      const [, found] = /GraphQL +(http:\S+)[\s\S]*Ctrl-C ends all of it/.exec(output) ?? [];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void ended.then((code) => reject(new Error(`Hanse ended with ${code} before it was up:\n${output}`)));
  });
  const seconds = (performance.now() - began) / 1_000;
  const { pid = 0 } = child;
  return {
    url,
    pid,
    seconds,
    heap: () => heaps.ask('hanse', pid),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
