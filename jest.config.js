/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/.hanse/', '<rootDir>/dist/'],
  modulePathIgnorePatterns: ['/.hanse/', '<rootDir>/dist/'],
  globalSetup: './tests/testkit/setup.mjs',
  globalTeardown: './tests/testkit/teardown.mjs',
  // Only ends a test that has failed: nothing timed is asserted. Above the patience of tests/testkit/eventually.ts.
  testTimeout: 180_000,
  // The tests wait for servers more than they compute.
  maxWorkers: '100%',
};
