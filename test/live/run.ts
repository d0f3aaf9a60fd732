/**
 * `npm run test:live`: the drive contract and a report against every real account that the environment names; leaves
 * nothing behind.
 */
import { join } from 'node:path';
import { startVitest } from 'vitest/node';
import { liveAccounts } from './accounts.ts';

const accounts = liveAccounts(process.env);
if (accounts.length === 0) {
  process.stderr.write(
    'Name an account of yours in the environment: DOSSIER_LIVE_NEXTCLOUD_URL, _USER and _PASSWORD, DOSSIER_LIVE_WEBDAV_URL, _USER and _PASSWORD, or DOSSIER_LIVE_DROPBOX_TOKEN (and DOSSIER_LIVE_DROPBOX_API for an emulator).\n',
  );
  process.exit(2);
}

const root = join(import.meta.dirname, '..', '..');
const vitest = await startVitest('test', [], {
  root,
  config: join(root, '.config', 'vitest.config.ts'),
  include: ['test/live/*.live.ts'],
  run: true,
  watch: false,
  testTimeout: 600_000,
  hookTimeout: 600_000,
});
const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
const count = (state: string) => tests.filter((each) => each.result().state === state).length;
const unhandled = vitest.state.getUnhandledErrors().length;
const brokenSuites = vitest.state
  .getTestModules()
  .flatMap((module) => [...module.children.allSuites()])
  .filter((suite) => suite.errors().length > 0).length;
const failed = count('failed') + brokenSuites + unhandled;
await vitest.close();
process.stdout.write(`${accounts.map(({ name }) => name).join(', ')}: ${count('passed')} passed, ${failed} failed\n`);
process.exit(failed > 0 || count('passed') === 0 ? 1 : 0);
