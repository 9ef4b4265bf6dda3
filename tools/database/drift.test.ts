import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { subgraphNames } from '../../subgraphs/list.js';
import { createTestDatabase } from '../../tests/testkit/server.js';
import { createEngine } from '../prisma-engine/engine.js';

test.each(subgraphNames)(
  'the migrations of %s make the tables that its schema.prisma describes',
  async (name) => {
    const { urls } = await createTestDatabase();
    const files = readdirSync(join('prisma', name))
      .filter((file) => file.endsWith('.prisma'))
      .map((file) => {
        const path = join('prisma', name, file);
        return { path, content: readFileSync(path, 'utf8') };
      });
    const datamodels = files.map(({ path, content }): [string, string] => [path, content]);
    const { engine, close } = await createEngine({ url: urls[name], schema: name, datamodels });
    try {
      const { stdout } = await engine.diff({
        from: { tag: 'schemaDatasource', files, configDir: 'prisma' },
        to: { tag: 'schemaDatamodel', files },
        script: true,
        exitCode: true,
        filters: { externalTables: [], externalEnums: [] },
      });
      expect(stdout?.trim() ?? '').toBe('-- This is an empty migration.');
    } finally {
      await close();
    }
  },
);
