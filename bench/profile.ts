/** CPU profiles of measured processes (`loaded-profile.mjs` is loaded into them), and where their time went. */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** For NODE_OPTIONS and the environment of the processes; nothing without a folder. */
export const profileEnvironment = (
  folder: string | undefined,
): { option: string; env: Record<string, string> } =>
  folder === undefined
    ? { option: '', env: {} }
    : {
        option: ` --import=${new URL('loaded-profile.mjs', import.meta.url).href}`,
        env: { BENCH_PROFILE: folder },
      };

export interface Profiles {
  /** To be given every line that a process prints. */
  hear(name: string, line: string): void;
  /** Begins a profile of each. */
  begin(processes: readonly { name: string; pid: number }[]): Promise<void>;
  /** Ends them; the files by the processes' names. */
  end(processes: readonly { name: string; pid: number }[], label: string): Promise<Map<string, string>>;
}

export function createProfiles(folder: string): Profiles {
  const waiting = new Map<string, () => void>();
  const toggle = async (name: string, pid: number): Promise<void> => {
    const answered = new Promise<void>((resolve) => waiting.set(name, resolve));
    process.kill(pid, 'SIGVTALRM');
    await answered;
  };
  return {
    hear: (name, line) => {
      if (/^cpu-profile (begins|ends)$/.test(line)) waiting.get(name)?.();
    },
    begin: async (processes) => {
      await Promise.all(processes.map(({ name, pid }) => toggle(name, pid)));
    },
    end: async (processes, label) => {
      const files = new Map<string, string>();
      for (const { name, pid } of processes) {
        await toggle(name, pid);
        const file = join(folder, `${label}-${name.replaceAll(' ', '-')}.cpuprofile`);
        await rename(join(folder, `${pid}.cpuprofile`), file);
        files.set(name, file);
      }
      return files;
    },
  };
}

/** What V8 writes: the samples are ids of nodes, each with the microseconds since the sample before. */
export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

/** The folder of the checkout, as modules' URLs have it. */
const root = new URL('..', import.meta.url).href;

/** The package or folder that code is of; of V8 itself what it was doing. */
export function placeOf({ functionName, url }: { functionName: string; url: string }): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(built in)';
  if (url.startsWith('node:')) return 'node';
  const modules = url.split('/node_modules/').slice(1);
  const last = modules.at(-1);
  if (last !== undefined) {
    const [scope = '', name = ''] = last.split('/');
    return `node_modules/${scope.startsWith('@') ? `${scope}/${name}` : scope}`;
  }
  if (!url.startsWith(root)) return url;
  const folders = url.slice(root.length).split('/').slice(0, -1);
  // Of a subgraph's code the slice is worth knowing.
  return folders.slice(0, folders[0] === 'subgraphs' ? 3 : 1).join('/');
}

export interface Share {
  name: string;
  /** Of the time in which the process did anything, 0 to 1. */
  share: number;
}

export interface ProfileSummary {
  /** By package or folder, the most first. */
  places: Share[];
  /** By function, the most first. */
  functions: Share[];
}

const waits = ['(idle)', '(root)'];

const sharesOf = (times: ReadonlyMap<string, number>, total: number): Share[] =>
  [...times].map(([name, time]) => ({ name, share: time / total })).sort((a, b) => b.share - a.share);

/** Self time, without what was idle. */
export function summarise({ nodes, samples, timeDeltas }: CpuProfile): ProfileSummary {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const places = new Map<string, number>();
  const functions = new Map<string, number>();
  let total = 0;
  const add = (times: Map<string, number>, name: string, time: number): void => {
    times.set(name, (times.get(name) ?? 0) + time);
  };
  samples.forEach((id, i) => {
    const frame = frames.get(id);
    // A sample stands for the time until the next one.
    const time = timeDeltas[i + 1] ?? 0;
    if (!frame || waits.includes(frame.functionName) || time <= 0) return;
    total += time;
    const place = placeOf(frame);
    add(places, place, time);
    const file = frame.url.split('/').at(-1) ?? '';
    const name = frame.functionName || '(anonymous)';
    add(functions, frame.url === '' ? name : `${name} ${place}/${file}:${frame.lineNumber + 1}`, time);
  });
  return { places: sharesOf(places, total), functions: sharesOf(functions, total) };
}

export const readProfile = async (file: string): Promise<CpuProfile> =>
  JSON.parse(await readFile(file, 'utf8')) as CpuProfile;
