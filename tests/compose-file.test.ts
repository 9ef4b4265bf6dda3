import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { subgraphNames } from '../subgraphs/list.js';
import { readConfig } from '../subgraphs/shared/config.js';

const text = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8');

/** The lines of a block at the top of the file or of a service, by its first line. */
function block(head: string): string {
  const indent = /^ */.exec(head)?.[0].length ?? 0;
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(head));
  const length = lines
    .slice(from + 1)
    .findIndex(
      (line) =>
        line.trim() !== '' && !line.trimStart().startsWith('#') && /^ */.exec(line)![0].length <= indent,
    );
  return from < 0 ? '' : lines.slice(from, length < 0 ? undefined : from + 1 + length).join('\n');
}

const environment = Object.fromEntries(
  [...block('x-environment').matchAll(/^ {2}([A-Z_]+): '?(.*?)'?$/gm)].map(([, name = '', value = '']) => [
    name,
    value.replace(/^\$\{\w+:?-(.*)\}$/, '$1'),
  ]),
);

test('the compose file runs every subgraph of the list, and all find each other', () => {
  for (const name of subgraphNames) {
    expect(block(`  ${name}:`)).toContain(`command: [node, dist/subgraphs/main.js, ${name}]`);
    expect(block('  gateway:')).toContain(`${name}: { condition: service_healthy }`);
  }
  const { serviceOrigins, serviceKeys, masterKey } = readConfig(environment);
  expect(serviceOrigins).toEqual(
    Object.fromEntries(subgraphNames.map((name) => [name, [`http://${name}:4000`]])),
  );
  expect(serviceKeys[0]?.secret.length).toBe(32);
  expect(masterKey?.length).toBe(32);
});

test('no service but the one that prepares the database has an administrator’s password', () => {
  const withPassword = [...text.matchAll(/postgresql:\/\/\w+:\w+@postgres/g)];
  expect(withPassword.length).toBe(1);
  expect(block('  prepare:')).toContain(withPassword[0]?.[0]);
});
