/** `npm run new -- subgraph NAME`: a subgraph of one's own that composes, starts and has tests. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { planSubgraph, writePlan } from './plan.js';
import { Refusal } from './refusal.js';

const usage = `Makes a new subgraph that composes, starts and has tests.

  npm run new -- subgraph NAME

NAME    2 to 30 lower-case letters and digits: loyalty
        It becomes a Postgres schema and role, a folder in subgraphs/ and a part of GraphQL names.

docs/recipes/subgraph.md tells what each file is for.`;

export interface Surroundings {
  root: string;
  /** Makes what is generated of the new files; throws where that fails. */
  generate: () => void;
  say: (text: string) => void;
}

/** Does what the command line says; the exit code. */
export async function main(
  parameters: readonly string[],
  { root, generate, say }: Surroundings,
): Promise<number> {
  if (parameters.includes('--help') || parameters.includes('-h')) {
    say(usage);
    return 0;
  }
  const [what, name, ...more] = parameters;
  if (what !== 'subgraph' || name === undefined || more.length > 0) {
    say(usage);
    return 1;
  }
  try {
    const plan = await planSubgraph(root, name);
    writePlan(root, plan);
    say(
      `Made ${plan.files.size - 1} files and a line in subgraphs/list.ts (port ${plan.port}); composing ...`,
    );
    generate();
    say(`1. What it is: schema/${name}.graphql, prisma/${name}/, subgraphs/${name}/ (account/ is the sample).
2. Try it:     npm test -- subgraphs/${name}     then npm start, and ask { me { ${name}Account { balance } } }.
3. Make it yours: docs/recipes/subgraph.md, with examples/loyalty as a worked example.`);
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(`${error.message}\nNothing was changed.`);
    return 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const run = (tool: string): void => {
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', tool], {
      cwd: root,
      stdio: 'inherit',
    });
    if (status !== 0)
      throw new Error(
        `${tool} failed. The files are there: mend them, then npm run compose and npm run generate.`,
      );
  };
  try {
    process.exitCode = await main(process.argv.slice(2), {
      root,
      // The client is generated of what composes.
      generate: () => ['tools/compose.ts', 'tools/generate.ts'].forEach(run),
      say: (text) => console.log(text),
    });
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
