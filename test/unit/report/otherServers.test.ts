import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../../shared/connection/basicAuth.ts';
import type { HttpRequest } from '../../../shared/core/ports.ts';
import { createNextcloudDrive } from '../../../shared/drives/nextcloud/index.ts';
import { createWebdavDrive, webdavParts } from '../../../shared/drives/webdav/index.ts';
import { type Drive, isDossierError } from '../../../shared/index.ts';
import { submit } from '../../../shared/testing.ts';
import { deliveredNames } from '../../deliveredNames.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { type HostileWebdav, startHostileWebdav } from '../../emulators/webdav/index.ts';
import { type InterceptedHttp, type Interference, interceptedHttp } from '../../support/interceptedHttp.ts';
import { createScene, listing, paths, type Scene } from './submitting.ts';

/** A report on its way to a server whose answers are changed on their way back. */
interface Sending {
  readonly http: InterceptedHttp;
  /** The same server, without anything in between. */
  readonly plain: Drive;
  readonly scene: Scene;
  send(): Promise<{ readonly code: string; readonly message: string; readonly retry: string } | undefined>;
}

type Open = (...interferences: readonly Interference[]) => Sending;

const method = (...methods: string[]) => ({ matches: (request: HttpRequest) => methods.includes(request.method) });
const path = ({ url }: HttpRequest) => decodeURIComponent(new URL(url).pathname);
const isFile = (request: HttpRequest) => /\.(jpg|mp4|txt|upload|json)$|\/SHA256SUMS$/.test(path(request));

function sendingTo(open: (http: InterceptedHttp, clock: Scene['clock']) => Drive): Open {
  return (...interferences) => {
    const scene = createScene({ names: ['empty.txt', 'photo é.jpg', 'video.mp4'] });
    const http = interceptedHttp(createNodeHttp(), ...interferences);
    const drive = open(http, scene.clock);
    return {
      http,
      scene,
      plain: open(interceptedHttp(createNodeHttp()), nodeClock),
      send: () =>
        submit(scene.order({ drive })).then(
          () => undefined,
          (error: unknown) => {
            if (!isDossierError(error)) throw error;
            return error;
          },
        ),
    };
  };
}

let webdav: HostileWebdav;
let nextcloud: NextcloudEmulator;

beforeEach(async () => {
  webdav = await startHostileWebdav();
  nextcloud = await startNextcloudEmulator();
});
afterEach(async () => {
  await webdav.close();
  await nextcloud.close();
});

const servers: readonly (readonly [string, Open])[] = [
  [
    'WebDAV',
    sendingTo((http, clock) =>
      createWebdavDrive({ http: withBasicAuth(http, webdav.url, webdav, clock), clock, url: webdav.url }),
    ),
  ],
  [
    'Nextcloud',
    sendingTo((http, clock) =>
      createNextcloudDrive({
        http: withBasicAuth(http, nextcloud.url, nextcloud, clock),
        clock,
        url: nextcloud.url,
        userId: nextcloud.userId,
        dav: webdavParts,
      }),
    ),
  ],
];

const whole = [
  '/Reports/Flood at the mill',
  ...deliveredNames(['empty.txt', 'photo é.jpg', 'video.mp4']).map((name) => `/Reports/Flood at the mill/${name}`),
];

describe.each(servers)('a report to %s', (_, open) => {
  test('where folders may not be made: one sentence, at once, and nothing is left', async () => {
    const { http, plain, send } = open({ ...method('MKCOL'), instead: () => ({ status: 405 }) });
    expect(await send()).toMatchObject({
      code: 'unsupported',
      retry: 'never',
      message: expect.stringMatching(/MKCOL/),
    });
    expect(http.seen.length).toBeLessThan(15);
    await expect(paths(plain)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('where files may not be stored: an error that is not repeated, and one folder, however often it is tried', async () => {
    const { http, plain, send } = open({ ...method('PUT'), instead: () => ({ status: 405 }) });
    for (let again = 0; again < 3; again++)
      expect(await send()).toMatchObject({
        code: 'unsupported',
        retry: 'never',
        message: expect.stringMatching(/PUT/),
      });
    expect(http.count('PUT')).toBeLessThanOrEqual(3 * 6);
    expect(await paths(plain)).toEqual(['/Reports/Flood at the mill']);
  });

  test('where a name is only said to be taken, no other name is tried for ever', async () => {
    const { http, send } = open({
      ...method('MKCOL', 'PROPFIND'),
      instead: (request) =>
        request.method === 'MKCOL' && !path(request).endsWith('Reports/') ? { status: 405 } : undefined,
    });
    expect(await send()).toMatchObject({ retry: 'never' });
    expect(http.seen.length).toBeLessThan(200);
  });

  test('a body that was cut on its way (400) is sent again, under its own name', async () => {
    const { plain, send } = open({
      matches: (request) => request.method === 'PUT',
      instead: (_, nth) => (nth % 2 === 1 ? { status: 400, text: cut } : undefined),
    });
    expect(await send()).toBeUndefined();
    expect(await paths(plain)).toEqual(whole);
  });

  test('what is not shown directly after it was stored is looked for again', async () => {
    const looked = new Set<string>();
    const { http, plain, send } = open({
      matches: (request) => ['PROPFIND', 'GET', 'PATCH'].includes(request.method) && isFile(request),
      instead({ method, url }) {
        const isFirst = !looked.has(`${method} ${url}`);
        looked.add(`${method} ${url}`);
        return isFirst ? { status: 404 } : undefined;
      },
    });
    expect(await send()).toBeUndefined();
    expect(await paths(plain)).toEqual(whole);
    expect(http.sent('PUT')).toBeLessThan(2 * 71_000 + 3_000);
  });

  test('a size that is told wrongly does not outweigh the content: one copy of each file', async () => {
    const { http, plain, scene, send } = open({
      ...method('PROPFIND'),
      text: (body) => body.replace(/(<\w+:getcontentlength>)\d+/g, '$10'),
    });
    expect(await send()).toBeUndefined();
    expect(await paths(plain)).toEqual(whole);
    expect(http.sent('PUT')).toBeLessThan(79_000);
    const sizes = (await listing(plain)).flatMap((entry) => (entry.type === 'file' ? [[entry.name, entry.size]] : []));
    for (const { name, size } of scene.report.attachments) expect(sizes).toContainEqual([name, size]);
  });

  test('a wrong password is told in one sentence, without the words of the server', async () => {
    const { send } = open({
      matches: () => true,
      instead: () => ({ status: 401, text: jargon }),
    });
    const error = await send();
    expect(error).toMatchObject({ code: 'unauthorized', retry: 'afterUser' });
    expect(error?.message).not.toMatch(/AppAPI|public access|Bearer/);
  });

  test('a request that is too large for a proxy is told with the settings of its administrator', async () => {
    const { send } = open({ ...method('PUT'), instead: () => ({ status: 413 }) });
    expect(await send()).toMatchObject({
      code: 'too-large',
      message: expect.stringMatching(/client_max_body_size.*LimitRequestBody/),
    });
  });
});

const sabre = (exception: string, message: string) =>
  `<?xml version="1.0"?><d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>${exception}</s:exception><s:message>${message}</s:message></d:error>`;
const cut = sabre(
  'Sabre\\DAV\\Exception\\BadRequest',
  'Expected filesize of 1000 bytes but read (from Nextcloud client) and wrote (to Nextcloud storage) 12 bytes.',
);
const jargon = sabre(
  'Sabre\\DAV\\Exception\\NotAuthenticated',
  'No public access to this resource., AppAPIAuth has not passed, Cannot authenticate over ajax calls',
);

describe('a report to WebDAV', () => {
  const [, open] = servers[0] as (typeof servers)[number];
  const isRoot = (request: HttpRequest) => request.method === 'MKCOL' && path(request) === '/dav/';

  test.each([301, 302, 400, 404, 500, 501])(
    'arrives although the probe at the root is answered with %i: the careful way is taken',
    async (status) => {
      const { plain, send } = open({ matches: isRoot, instead: () => ({ status }) });
      expect(await send()).toBeUndefined();
      expect(await paths(plain)).toEqual(whole);
    },
  );

  test('arrives although OPTIONS is not allowed', async () => {
    const { plain, send } = open({ ...method('OPTIONS'), instead: () => ({ status: 405 }) });
    expect(await send()).toBeUndefined();
    expect(await paths(plain)).toEqual(whole);
  });

  test('arrives behind a proxy that hides the address: the destination is then told as a path', async () => {
    const { http, plain, send } = open({
      ...method('MOVE'),
      instead: ({ headers }) => (headers?.['Destination']?.startsWith('http') ? { status: 502 } : undefined),
    });
    expect(await send()).toBeUndefined();
    expect(await paths(plain)).toEqual(whole);
    expect(http.sent('PUT')).toBeLessThan(79_000);
    expect(http.count('MOVE')).toBeLessThan(7 * 2 + 4);
  });

  test('where nothing may be moved, one sentence for the administrator, and the bytes go once', async () => {
    const { http, send } = open({ ...method('MOVE'), instead: () => ({ status: 502 }) });
    expect(await send()).toMatchObject({
      code: 'unsupported',
      retry: 'never',
      message: expect.stringMatching(/X-Forwarded-Proto/),
    });
    expect(http.sent('PUT')).toBeLessThan(79_000);
  });

  test('a gateway that fails for a moment while a file is moved is outlived', async () => {
    const { plain, send } = open({ ...method('MOVE'), instead: (_, nth) => (nth <= 2 ? { status: 502 } : undefined) });
    expect(await send()).toBeUndefined();
    expect(await paths(plain)).toEqual(whole);
  });
});
