import { expect, test } from 'vitest';
import { runEvidence } from './evidenceRun.ts';

test('a delivered folder is evidence without Dossier: a share of the reports and changes', {
  timeout: 120_000,
}, async () => {
  const said: string[] = [];
  const summary = await runEvidence(6, 60, (line) => said.push(line));
  expect(said).toEqual([]);
  expect(summary).toEqual({
    reports: 24,
    accepted_by_all: 24,
    changes: 60,
    changes_missed: 0,
    leaked_canaries: 0,
    network_calls_in_preview: 0,
  });
});
