/** What a new subgraph consists of: the files of templates/, filled in, and its line in subgraphs/list.ts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { addToList, nextPort, readList } from './list.js';
import { pascalCase, problemOfName } from './name.js';
import { Refusal } from './refusal.js';

export interface Plan {
  name: string;
  port: number;
  /** Path from the root to text; the list's last. */
  files: Map<string, string>;
}

const templateFolder = join(import.meta.dirname, 'templates', 'subgraph');
const listFile = 'subgraphs/list.ts';

const fill = (text: string, name: string): string =>
  text.replaceAll('__name__', name).replaceAll('__Name__', pascalCase(name));

const formatted = /\.(ts|graphql)$/;

/** A longer name may break a line: as `npm run format` would write it. */
async function tidy(path: string, text: string): Promise<string> {
  if (!formatted.test(path)) return text;
  return format(text, { ...(await resolveConfig(join(templateFolder, path))), filepath: path });
}

/** What is there of it already. */
const tracesOf = (root: string, name: string): string[] =>
  [`schema/${name}.graphql`, `prisma/${name}`, `subgraphs/${name}`].filter((path) =>
    existsSync(join(root, path)),
  );

/** Only reads; throws `Refusal` where the subgraph can't be made. */
export async function planSubgraph(root: string, name: string): Promise<Plan> {
  const problem = problemOfName(name);
  if (problem) throw new Refusal(problem);
  const listText = readFileSync(join(root, listFile), 'utf8');
  const list = readList(listText);
  if (list.some((one) => one.name === name)) throw new Refusal(`There is a subgraph "${name}" already.`);
  const traces = tracesOf(root, name);
  if (traces.length > 0)
    throw new Refusal(
      `"${name}" is not in ${listFile}, but there is ${traces.join(', ')}: remove it or take another name.`,
    );

  const port = nextPort(list);
  const files = new Map<string, string>();
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  files.set(`prisma/${name}/foundation.prisma`, read('prisma/foundation.prisma'));
  files.set(`prisma/${name}/migrations/0001_foundation/migration.sql`, read('prisma/foundation.sql'));
  for (const entry of readdirSync(templateFolder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!entry.endsWith('.tpl')) continue;
    const path = fill(entry.slice(0, -'.tpl'.length), name);
    files.set(path, await tidy(path, fill(readFileSync(join(templateFolder, entry), 'utf8'), name)));
  }
  files.set(listFile, addToList(listText, { name, port }));
  return { name, port, files };
}

export function writePlan(root: string, { files }: Plan): void {
  for (const [path, text] of files) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
  }
}
