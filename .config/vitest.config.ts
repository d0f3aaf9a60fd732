import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/fixtures/**', '**/fixture/**'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Real servers, child processes and crypto share two cores: more workers only make each test slower.
    maxWorkers: 2,
    pool: 'forks',
  },
});
