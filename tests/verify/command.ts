/** `npm run verify` as a person runs it: a process of its own, which knows nothing but what it is told. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout, plainEnvironment } from '../start/program.js';

export interface Outcome {
  code: number | null;
  /** The report. */
  stdout: string;
  /** Why there is none. */
  stderr: string;
}

function end(parameters: string[], env: Record<string, string>): Promise<Outcome> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'tools/verify/main.ts', ...parameters], {
    cwd: checkout,
    env: { ...plainEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (texts.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (texts.stderr += String(chunk)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...texts }));
  });
}

/** Runs it to its end. Where `env` names no data folder there is none: the checkout may have one. */
export async function verify(parameters: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'hanse-verify-'));
  try {
    return await end(parameters, { HANSE_DATA: join(folder, 'none'), ...env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The figures of a question's row: looked at, violated, in flight. */
export function figuresOf(report: string, question: string): number[] {
  const row = report.split('\n').find((line) => line.startsWith(`${question} `));
  return (row ?? '')
    .slice(question.length)
    .trim()
    .split(/\s+/)
    .slice(0, 3)
    .map((figure) => Number(figure.replaceAll(',', '')));
}
