import { describe, expect, test } from 'vitest';
import { guards } from '../../.config/guards.ts';

describe('each guard finds the violation planted for it', () => {
  test.each(guards.map((guard) => [guard.name, guard] as const))('%s', async (_name, guard) => {
    const findings = await guard.planted();
    for (const needle of guard.mustFind) expect(findings.join('\n')).toContain(needle);
  });
});
