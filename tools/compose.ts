/**
 * Composes the subgraphs' SDL into schema/supergraph.graphql (what the gateway loads) and schema/api.graphql (the public
 * API; its diff is the API diff). `--check` writes nothing and fails when they are out of date.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { composeServices } from '@apollo/composition';
import { printSchema, Supergraph } from '@apollo/federation-internals';
import { parse } from 'graphql';
import { subgraphs } from '../subgraphs/list.js';
import { sdlOf } from '../subgraphs/shared/schema.js';

const folder = new URL('../schema/', import.meta.url);

export interface Composed {
  supergraphSdl: string;
  apiSdl: string;
}

/** Throws an error that lists everything that does not compose. */
export function compose(): Composed {
  const services = subgraphs
    .filter(({ name }) => existsSync(new URL(`${name}.graphql`, folder)))
    .map(({ name, port }) => ({
      name,
      url: `http://127.0.0.1:${port}/graphql`,
      typeDefs: parse(sdlOf(name)),
    }));
  const { supergraphSdl, errors, hints } = composeServices(services);
  if (!supergraphSdl) {
    throw new Error(
      `The subgraphs do not compose:\n${(errors ?? []).map((error) => `  - ${error.message}`).join('\n')}`,
    );
  }
  const wrong = (hints ?? []).filter((hint) => hint.definition.code.startsWith('INCONSISTENT_DESCRIPTION'));
  if (wrong.length > 0) throw new Error(wrong.map((hint) => hint.message).join('\n'));
  const apiSdl = printSchema(Supergraph.build(supergraphSdl).apiSchema());
  return { supergraphSdl: `${supergraphSdl.trim()}\n`, apiSdl: `${apiSdl.trim()}\n` };
}

/** Names of the committed files that differ from what composes now. */
export function outdatedFiles({ supergraphSdl, apiSdl }: Composed): string[] {
  const current = (file: string): string => {
    const url = new URL(file, folder);
    return existsSync(url) ? readFileSync(url, 'utf8') : '';
  };
  return [
    ['supergraph.graphql', supergraphSdl],
    ['api.graphql', apiSdl],
  ].flatMap(([file = '', sdl]) => (current(file) === sdl ? [] : [`schema/${file}`]));
}

export function writeComposed({ supergraphSdl, apiSdl }: Composed): void {
  writeFileSync(new URL('supergraph.graphql', folder), supergraphSdl);
  writeFileSync(new URL('api.graphql', folder), apiSdl);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const composed = compose();
    const outdated = outdatedFiles(composed);
    if (process.argv.includes('--check')) {
      if (outdated.length > 0)
        throw new Error(`${outdated.join(' and ')} are out of date: run npm run compose.`);
    } else {
      writeComposed(composed);
      console.log(outdated.length > 0 ? `Wrote ${outdated.join(' and ')}.` : 'The supergraph is up to date.');
    }
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
