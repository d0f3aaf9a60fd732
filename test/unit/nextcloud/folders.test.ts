import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { parsePath, rootPath } from '../../../shared/core/paths.ts';
import { retry } from '../../../shared/core/retry.ts';
import { createDriveState, utf8 } from '../../../shared/index.ts';
import { type NextcloudEmulator, type Switches, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { interceptedHttp } from '../../support/interceptedHttp.ts';
import { openNextcloud } from '../../support/nextcloud.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

let server: NextcloudEmulator;

beforeEach(async () => {
  server = await startNextcloudEmulator();
});
afterEach(() => server.close());

const codeOf = (error: unknown) => (error as { code?: string }).code ?? String(error);

describe('several make one folder at once', () => {
  test.each<Switches['makingFolders']>(['oneWins', 'othersRefused', 'nobodyWins'])(
    'where the locks of the server mean that %s: in the end one has made it, and all others are told that it is there',
    async (makingFolders) => {
      server.switches.makingFolders = makingFolders;
      const clients = Array.from({ length: 6 }, () => openNextcloud(server));
      for (let round = 0; round < 5; round++) {
        const make = (client: (typeof clients)[number]) => () =>
          client.createFolder({ path: rootPath }, `race ${round}`).then(() => 'won');
        const outcomes = await Promise.all(
          clients.map((client) => retry(make(client), { clock: nodeClock }).catch(codeOf)),
        );
        expect(outcomes.sort()).toEqual([...Array(5).fill('already-exists'), 'won']);
      }
    },
  );

  test.each([
    ['has the right, and was only too late', 'RGDNVCK', 'locked'],
    ['has not the right', 'RG', 'forbidden'],
  ])('a refusal is told apart by what may be done in the folder above: %s', async (_, permissions, code) => {
    server.faults.inject({ kind: 'status', status: 403, route: 'MKCOL files' });
    const http = interceptedHttp(createNodeHttp(), {
      matches: ({ method }) => method === 'PROPFIND',
      text: (body) => body.replace(/(<oc:permissions>)\w+/g, `$1${permissions}`),
    });
    const making = openNextcloud(server, { http }).createFolder({ path: rootPath }, 'x');
    expect(await making.catch(codeOf)).toBe(code);
  });
});

describe('the trash', () => {
  const bytes = seededBytes(20_000, 'small');

  test('has what a user removes, and nothing of what Dossier takes away of its own', async () => {
    const drive = openNextcloud(server);
    const { entry } = await drive.upload({ folder: { path: rootPath }, name: 'mine.txt' }, bytes, digestsOf(bytes));
    await drive.remove(entry);
    await drive
      .upload({ folder: { path: rootPath }, name: 'x' }, bytes, digestsOf(seededBytes(9, 'else')))
      .catch(codeOf);
    const again = await drive.upload({ folder: { path: rootPath }, name: 'own' }, bytes, digestsOf(bytes));
    await drive.remove(again.entry, { permanently: true });
    expect(await trash()).toEqual(['mine.txt']);
  });

  test('has no record of the shared state, however often it changes', { timeout: 60_000 }, async () => {
    const clock = createVirtualClock({ auto: true });
    const folder = parsePath('/.dossier/state');
    for (let worker = 0; worker < 4; worker++) {
      const state = createDriveState({ drive: openNextcloud(server, { clock }), folder, clock });
      for (let change = 0; change < 3; change++)
        await state.commit([{ key: `k/${worker}-${change}`, value: utf8('x'), expectedVersion: 0 }]);
      await clock.sleep(3_600_000);
    }
    expect(server.requests.list.some(({ method }) => method === 'DELETE')).toBe(true);
    expect(await trash()).toEqual([]);
  });

  const trash = async () => {
    const authorization = `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}`;
    const url = `${server.url}/remote.php/dav/trashbin/${server.userId}/trash`;
    const answer = await fetch(url, { method: 'PROPFIND', headers: { authorization, depth: '1' } });
    return [...(await answer.text()).matchAll(/trash\/([^<]+)\.d\d+/g)].map(([, name]) => name);
  };
});
