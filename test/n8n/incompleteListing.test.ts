import type { IPollFunctions } from 'n8n-workflow';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { changedSince } from '../../nodes/DossierTrigger/unrecorded.ts';
import { type Look, watchedBy } from '../../nodes/DossierTrigger/watched.ts';
import { listEntries } from '../../nodes/fields/listing.ts';
import type { Call } from '../../nodes/fields/operation.ts';
import { clock } from '../../nodes/host/clock.ts';
import type { OpenedConnection } from '../../nodes/host/connection.ts';
import { createWebdavDrive } from '../../shared/drives/webdav/index.ts';
import { type QuirkyWebdav, startQuirkyWebdav } from '../emulators/webdav/quirks.ts';

let server: QuirkyWebdav;
let opened: OpenedConnection;

beforeEach(async () => {
  server = await startQuirkyWebdav();
  server.store.makeFolder('/watched');
  for (const name of ['a.txt', 'b.txt']) await server.write(`/watched/${name}`, name);
  const drive = createWebdavDrive({ http: createNodeHttp(), clock, url: server.url });
  opened = { drive, connection: { folder: '/' } } as unknown as OpenedConnection;
});
afterEach(() => server.close());

const hide = () => {
  server.quirks.childStatus = (path) => (path === '/watched/a.txt' ? 503 : undefined);
};

test('a trigger gives nothing as deleted that only could not be read, and says once what that is', async () => {
  const data = {};
  const context = {
    getWorkflowStaticData: () => data,
    getNodeParameter: (name: string) => ({ folder: '/watched', connection: 'webdav', record: false })[name],
    getNode: () => ({ parameters: {} }),
    logger: { warn: () => undefined },
  } as unknown as IPollFunctions;
  const look: Look = { context, watched: watchedBy(context) };
  const poll = () => changedSince(look, opened);
  expect(await poll()).toEqual([]);
  hide();
  expect(await poll()).toMatchObject([{ event: 'unreadable', path: '/watched/a.txt' }]);
  expect(await poll()).toEqual([]);
  delete server.quirks.childStatus;
  expect(await poll()).toEqual([]);
  server.store.remove('/watched/a.txt');
  expect(await poll()).toMatchObject([{ event: 'deleted', path: '/watched/a.txt' }]);
});

test('a listing that is not complete says so', async () => {
  hide();
  const call = {
    context: { getNodeParameter: (name: string) => (name === 'path' ? '/watched' : undefined) },
    parameter: (name: string) => ({ path: '/watched', returnAll: true })[name],
    open: async () => opened,
    again: <T>(work: () => Promise<T>) => work(),
    signal: undefined,
  } as unknown as Call;
  const { items, hint } = await listEntries(call, () => true);
  expect(items.map(({ json }) => json['name'])).toEqual(['b.txt']);
  expect(hint).toContain('/watched/a.txt');
});
