import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { utf8 } from '../../../shared/core/bytes.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { parsePath, rootPath } from '../../../shared/core/paths.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import { usualRules } from '../../../shared/mirror/mirror.ts';
import { runMirror } from '../../../shared/mirror/runMirror.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { openDropbox } from '../../support/dropbox.ts';

let emulator: DropboxEmulator;
beforeAll(async () => void (emulator = await startDropboxEmulator()));
afterAll(() => emulator.close());

test('many small files cost requests for their folders, and hardly any for themselves', async () => {
  const source = createMemoryDrive();
  const folders = 4;
  const files = 25;
  for (let folder = 0; folder < folders; folder++) {
    const home = await source.createFolder({ path: rootPath }, `folder ${folder}`);
    for (let file = 0; file < files; file++) {
      const bytes = utf8(`${folder} ${file}`);
      await source.upload({ folder: home, name: `note ${file}` }, bytes, digestsOf(bytes));
    }
  }
  const job = {
    id: 'm',
    source: { drive: source, folder: rootPath },
    destination: { drive: openDropbox(emulator), folder: parsePath('/Copy') },
    rules: usualRules,
  };
  const ports = { store: createMemoryState(), clock: nodeClock, holder: 'one' };
  expect(await runMirror(job, ports)).toMatchObject({ ending: 'done', sent: folders * files });
  expect(emulator.requests.count('files/get_metadata')).toBeLessThanOrEqual(2 * folders + 4);
  expect(emulator.requests.total).toBeLessThan(40);
  emulator.requests.reset();
  expect(await runMirror(job, ports)).toMatchObject({ ending: 'done', sent: 0, unchanged: folders * files });
  expect(emulator.requests.total).toBeLessThanOrEqual(4);
});
