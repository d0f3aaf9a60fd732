import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../../extension/src/node/nodeFiles.ts';
import {
  createLocalFolderDrive,
  DossierError,
  type Drive,
  parsePath,
  rootPath,
  toText,
  trialReport,
  trialVerdict,
  tryDrive,
} from '../../../shared/index.ts';
import { createMemoryDrive } from '../../../shared/testing.ts';
import { startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { openDropbox } from '../../support/dropbox.ts';
import { openNextcloud } from '../../support/nextcloud.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const ports = { clock: nodeClock, randomBytes, context: {} };
const trialOf = (drive: Drive) => tryDrive(drive, parsePath('/Reports'), ports);
const namesIn = async (drive: Drive, folder = rootPath) => {
  const names: string[] = [];
  for await (const page of drive.list({ path: folder })) names.push(...page.map(({ name }) => name));
  return names;
};
const broken = ({ results }: Awaited<ReturnType<typeof tryDrive>>) =>
  results.filter(({ state }) => state !== 'kept' && state !== 'skipped').map(({ id, state }) => `${id} ${state}`);

describe('a drive that keeps everything', () => {
  const kinds: Record<string, () => Promise<Drive>> = {
    memory: async () => createMemoryDrive(),
    async localFolder() {
      const root = await mkdtemp(join(tmpdir(), 'dossier-trial-'));
      open.push(() => rm(root, { recursive: true }));
      return createLocalFolderDrive({ files: nodeFiles, root, randomBytes });
    },
    async dropbox() {
      const server = await startDropboxEmulator();
      open.push(() => server.close());
      return openDropbox(server);
    },
    async nextcloud() {
      const server = await startNextcloudEmulator();
      open.push(() => server.close());
      return openNextcloud(server);
    },
  };

  test.each(Object.keys(kinds))('%s: all is kept, and the folder is left as it was', async (kind) => {
    const drive = await kinds[kind]!();
    const trial = await trialOf(drive);
    expect(broken(trial)).toEqual([]);
    expect(await namesIn(drive, parsePath('/Reports'))).toEqual([]);
    expect(toText(trialVerdict(trial))).toMatch(/^This drive keeps all that Dossier asks of it \(1\d\)$/);
  });
});

describe('a drive that does otherwise', () => {
  const failing: readonly [string, (drive: Drive) => Partial<Drive>, readonly string[]][] = [
    [
      'lets several make one folder',
      (drive) => ({
        createFolder: (parent, name, context) =>
          drive.createFolder(parent, name, context).catch(async () => {
            const found = await drive.stat({ path: parsePath(`${parent.path}/${name}`) });
            if (found?.type === 'folder') return found;
            throw new DossierError('already-exists');
          }),
      }),
      ['exclusive-folder broken', 'one-winner broken'],
    ],
    [
      'leaves files out of listings',
      (drive) => ({
        async *list(folder, options, context) {
          for await (const page of drive.list(folder, options, context))
            yield page.filter(({ name }) => name !== 'page 07.txt');
        },
      }),
      ['listing broken'],
    ],
    [
      'fails at moving',
      () => ({ move: async () => Promise.reject(new DossierError('server-error', 'The server answered 502')) }),
      ['move unknown'],
    ],
  ];

  test.each(failing)('one that %s is told so, with what it means', async (_, change, expected) => {
    const drive = createMemoryDrive();
    const trial = await trialOf({ ...drive, ...change(drive) });
    expect(broken(trial)).toEqual(expected);
    expect(toText(trialVerdict(trial))).toMatch(/^This drive keeps 1\d of the things/);
    const report = trialReport(trial, { title: 'Drive test', about: 'memory' });
    expect(report).toContain(expected[0]!.endsWith('broken') ? '| ✗ |' : '| ? |');
  });

  test('a folder that cannot be removed again is named', async () => {
    const drive = createMemoryDrive();
    const stuck = (path: string) => /^\/Reports\/Dossier drive test [0-9a-f]{8}$/.test(path);
    const trial = await trialOf({
      ...drive,
      remove: async (ref, context) => {
        if (stuck(ref.path)) throw new DossierError('forbidden');
        return drive.remove(ref, context);
      },
    });
    expect(trial.left).toMatch(/^\/Reports\/Dossier drive test/);
    expect(toText(trialVerdict(trial))).toContain(`Remove the folder ${trial.left} by hand`);
  });

  test('cancelling ends it, and removes the folder', async () => {
    const drive = createMemoryDrive();
    const cancelling = new AbortController();
    const trial = tryDrive(drive, rootPath, {
      ...ports,
      context: { signal: cancelling.signal },
      onStep: (_, number) => number === 3 && cancelling.abort(),
    });
    await expect(trial).rejects.toMatchObject({ code: 'cancelled' });
    expect(await namesIn(drive)).toEqual([]);
  });

  test('when the time is up, nothing further is begun', async () => {
    let now = 0;
    const clock = { ...nodeClock, now: () => (now += 60_000) };
    const trial = await tryDrive(createMemoryDrive(), rootPath, { ...ports, clock });
    expect(trial.results.filter(({ state }) => state === 'unknown').length).toBeGreaterThan(5);
  });
});

test('what a folder of this computer keeps is not left behind either', async () => {
  const root = await mkdtemp(join(tmpdir(), 'dossier-trial-'));
  open.push(() => rm(root, { recursive: true }));
  await tryDrive(createLocalFolderDrive({ files: nodeFiles, root, randomBytes }), rootPath, ports);
  expect((await readdir(root)).filter((name) => !name.startsWith('.'))).toEqual([]);
});
