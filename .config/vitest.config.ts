import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  // n8n-core requires the CommonJS build: with the other one beside it, no error would be an instance of its class.
  resolve: {
    alias: {
      'n8n-workflow': fileURLToPath(new URL('../node_modules/n8n-workflow/dist/cjs/index.js', import.meta.url)),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/fixtures/**', '**/fixture/**'],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    // Real servers, child processes and crypto share two cores: more workers only make each test slower.
    maxWorkers: 2,
    pool: 'forks',
  },
});
