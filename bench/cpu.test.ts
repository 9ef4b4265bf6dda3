import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { cpuOfTree, parseStat, treeOf, type ProcessTimes } from './cpu.js';

test('a stat line is read behind the last parenthesis, whatever the command is called', () => {
  const line =
    '4711 (postgres: a) b (c) S 4700 4711 4711 0 -1 4194560 1 2 3 4 150 50 20 10 20 0 1 0 99 1000 200 18446';
  expect(parseStat(line)).toEqual({
    pid: 4711,
    parent: 4700,
    command: 'postgres: a) b (c',
    threads: 1,
    own: 2_000,
    ended: 300,
  });
});

test('a tree is a process and all below it', () => {
  const one = (pid: number, parent: number): ProcessTimes => ({
    pid,
    parent,
    command: '',
    threads: 1,
    own: 1,
    ended: 0,
  });
  const all = [one(1, 0), one(2, 1), one(3, 2), one(4, 1), one(5, 9)];
  expect(treeOf(2, all).map(({ pid }) => pid)).toEqual([2, 3]);
  expect(treeOf(1, all).map(({ pid }) => pid)).toEqual([1, 2, 3, 4]);
  expect(treeOf(8, all)).toEqual([]);
});

test('CPU time of children is not lost when they end', async () => {
  // Elsewhere than on Linux the benchmarks do not run at all (main.ts says so).
  expect(existsSync('/proc/self/stat')).toBe(true);
  const work = 'const end = process.cpuUsage(); while (process.cpuUsage(end).user < 300_000);';
  const script = `require('child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(work)}]); console.log('ended'); setTimeout(() => {}, 60_000);`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    const pid = parent.pid ?? 0;
    expect(treeOf(pid)).toHaveLength(1);
    expect(cpuOfTree(pid)).toBeGreaterThanOrEqual(300);
  } finally {
    parent.kill('SIGKILL');
  }
});
