import { expect, test } from 'vitest';
import { runWebhooks } from '../../crash/webhookRun.ts';

test('forged notices are refused, and repeated ones at three receivers record each change once', async () => {
  expect(await runWebhooks({ seed: 2, forgeries: 100, notices: 200, files: 12 })).toEqual({
    forged_accepted: 0,
    missed: 0,
    doubled: 0,
  });
});
