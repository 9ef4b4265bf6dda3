import { expect, test } from '@jest/globals';
import { createTestParts } from '../../../tests/testkit/parts.js';
import { createCatalog } from '../main.js';

test('with its search engine away the catalogue is degraded and not down', async () => {
  const parts = await createTestParts();
  for (const [opensearchUrl, shortage] of [
    [undefined, undefined],
    ['http://127.0.0.1:1', 'OpenSearch does not answer or has no index: PostgreSQL searches instead'],
  ] as const) {
    const catalog = await createCatalog({ ...parts, config: { ...parts.config, opensearchUrl } });
    expect(await catalog.ready()).toBe(shortage);
    await catalog.stop();
  }
  await parts.close();
});
