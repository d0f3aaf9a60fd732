import { expect, test } from 'vitest';
import { runPublicCampaign } from '../crash/publicCampaign.ts';

test('a stranger with an address and a file gets the right answer in a browser, whatever was done to the files', async () => {
  const { questions, details, ...counts } = await runPublicCampaign({
    drives: ['dropbox', 'nextcloud'],
    files: 120,
    reports: 6,
    questions: 80,
  });
  expect(details).toEqual([]);
  expect(questions).toBe(80);
  expect(counts.wrong).toBe(0);
  expect(counts.names_leaked).toBe(0);
  expect(counts.requests_per_question).toBeLessThanOrEqual(8);
}, 600_000);
