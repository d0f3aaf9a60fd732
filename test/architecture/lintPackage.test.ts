import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { lintPackage, lintShipped, lintSources } from '../../.config/lintPackage.ts';

const planted = join(import.meta.dirname, 'fixtures/n8nPackage');
const rules = (findings: readonly { rule: string }[]) => findings.map(({ rule }) => rule.replace(/^.*\//, ''));

describe("n8n's package check", () => {
  // In a test environment one of its plugins takes every file for a node.
  beforeAll(() => void vi.stubEnv('NODE_ENV', 'production'));
  afterAll(() => void vi.unstubAllEnvs());

  it('finds nothing in the repository and nothing in the packed tarball', async () => {
    expect(await lintPackage()).toEqual([]);
  });

  it('sees what is planted in sources, whatever comments switch off', async () => {
    expect(rules(await lintSources(planted))).toEqual(
      expect.arrayContaining([
        'no-restricted-imports',
        'require-node-api-error',
        'no-runtime-dependencies',
        'no-overrides-field',
        'node-usable-as-tool',
        'no-credential-reuse',
      ]),
    );
  });

  it('sees what is planted in shipped code, also modules that the rules let pass and n8n lacks', async () => {
    expect(rules(await lintShipped(planted))).toEqual(
      expect.arrayContaining([
        'no-restricted-imports',
        'no-restricted-globals',
        'no-runtime-dependencies',
        'only-provided-modules',
      ]),
    );
  });
});
