/** The text of subgraphs/list.ts, into which a new subgraph's line goes. */
import { Refusal } from './refusal.js';

export interface Listed {
  name: string;
  port: number;
}

const start = 'export const subgraphs = [\n';
const end = '] as const;\n';
const line = /^ {2}\{ name: '([a-z][a-z0-9]*)', port: (\d+) \},$/;

function parts(text: string): { before: string; lines: string[]; after: string } {
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new Refusal(
      'subgraphs/list.ts has no "export const subgraphs = [ ... ] as const;": mend it first.',
    );
  const begin = from + start.length;
  return {
    before: text.slice(0, begin),
    lines: text.slice(begin, to).split('\n').slice(0, -1),
    after: text.slice(to),
  };
}

/** The subgraphs in it; throws where a line is not as this program writes them. */
export function readList(text: string): Listed[] {
  return parts(text).lines.map((one) => {
    const [, name, port] = line.exec(one) ?? [];
    if (!name || !port)
      throw new Refusal(
        `subgraphs/list.ts has a line that is not { name: '...', port: ... }: mend it first.\n${one}`,
      );
    return { name, port: Number(port) };
  });
}

/** The first port after all of them. */
export const nextPort = (list: readonly Listed[]): number =>
  Math.max(...list.map(({ port }) => port), 4000) + 1;

/** The text with one line more. */
export function addToList(text: string, { name, port }: Listed): string {
  const { before, lines, after } = parts(text);
  return [`${before}${lines.join('\n')}`, `  { name: '${name}', port: ${port} },`, after].join('\n');
}
