import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { rootPath } from '../../../shared/core/paths.ts';
import { bytesSource } from '../../../shared/drive/source.ts';
import { createUploader } from '../../../shared/upload/uploader.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { interceptedHttp } from '../../support/interceptedHttp.ts';
import { openNextcloud } from '../../support/nextcloud.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createMemoryJournal } from '../../support/uploads.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

let server: NextcloudEmulator;

beforeEach(async () => {
  server = await startNextcloudEmulator();
});
afterEach(() => server.close());

const small = seededBytes(3_000_000, 'small');
const large = seededBytes(12_000_000, 'large');

/** A client behind a proxy that takes no more than this in one request. */
function behind(most: number) {
  const clock = createVirtualClock({ auto: true });
  const sizeOf = (body: unknown) => (body instanceof Uint8Array ? body.length : 0);
  const http = interceptedHttp(createNodeHttp(), {
    matches: ({ method, body }) => method === 'PUT' && sizeOf(body) > most,
    instead: () => ({ status: 413, text: '<html><h1>413 Request Entity Too Large</h1></html>' }),
  });
  const drive = openNextcloud(server, { http, clock });
  const deliver = (files: Readonly<Record<string, Uint8Array>>) =>
    createUploader({ drive, clock, journal: createMemoryJournal() }).deliver(
      Object.entries(files).map(([name, bytes]) => ({
        id: name,
        source: bytesSource(bytes),
        target: { folder: { path: rootPath }, name },
      })),
    );
  const refused = () => http.seen.filter(({ method, body }) => method === 'PUT' && sizeOf(body) > most).length;
  return { drive, deliver, refused };
}

const stored = async (name: string) => digestsOf(await server.hooks.read(`/${name}`)).sha256;

describe('a proxy before the server', () => {
  test.each([8_388_608, 1_048_576, 300_000])('that takes %i bytes: all arrives, in smaller chunks', async (most) => {
    const { deliver, refused } = behind(most);
    const outcomes = await deliver({ 'small.bin': small, 'large.bin': large });
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true]);
    expect([await stored('small.bin'), await stored('large.bin')]).toEqual(
      [small, large].map((each) => digestsOf(each).sha256),
    );
    expect(refused()).toBeLessThan(12);
  });

  test('is remembered: another connection to the server asks for nothing that is too large', async () => {
    await behind(1_048_576).deliver({ 'large.bin': large });
    const again = behind(1_048_576);
    expect(again.drive.capabilities.upload).toMatchObject({ maxSingle: 1_000_000, chunkSize: 1_000_000 });
    const outcomes = await again.deliver({ 'small.bin': small, 'more.bin': large });
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true]);
    expect(again.refused()).toBe(0);
  });

  test('that takes next to nothing: one sentence that names its setting, and nothing is left', async () => {
    const { deliver, refused } = behind(100_000);
    for (const outcome of await deliver({ 'small.bin': small, 'large.bin': large }))
      expect(outcome).toMatchObject({
        ok: false,
        error: { code: 'too-large', message: expect.stringMatching(/client_max_body_size.*LimitRequestBody/) },
      });
    expect(refused()).toBeLessThan(20);
    expect(server.hooks.list('')).toEqual([]);
  });

  test('leaves no unfinished upload behind', async () => {
    await behind(1_048_576).deliver({ 'small.bin': small, 'large.bin': large });
    const authorization = `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}`;
    const url = `${server.url}/remote.php/dav/uploads/${server.userId}`;
    const answer = await fetch(url, { method: 'PROPFIND', headers: { authorization, depth: '1' } });
    expect((await answer.text()).match(/dossier-[0-9a-f]+/g)).toBeNull();
  });
});
