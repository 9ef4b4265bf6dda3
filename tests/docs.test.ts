import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { welcomeQuery } from '../gateway/welcome.js';

const schema = buildSchema(readFileSync('schema/api.graphql', 'utf8'));

const pages = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).flatMap((file) =>
    file.endsWith('.md') ? [join('docs', file)] : [],
  ),
];

const blocks = (text: string): string[] =>
  [...text.matchAll(/```graphql\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

test('every operation in the documentation is one of the public API', () => {
  const problems = pages.flatMap((page) =>
    blocks(readFileSync(page, 'utf8')).flatMap((block) =>
      validate(schema, parse(block)).map((error) => `${page}: ${error.message}`),
    ),
  );
  expect(problems).toEqual([]);
  expect(validate(schema, parse(welcomeQuery))).toEqual([]);
});

test('every link between the pages leads somewhere', () => {
  const dead = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !existsSync(join(dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});
