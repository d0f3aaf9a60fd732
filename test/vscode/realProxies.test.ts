import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openConnection } from '../../extension/src/model/connections/openConnection.ts';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import {
  bytesSource,
  type ConnectionSecrets,
  createUploader,
  type Drive,
  parseConnection,
  readBytes,
  rootPath,
} from '../../shared/index.ts';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { startNextcloudEmulator } from '../emulators/nextcloud/index.ts';
import { type Proxy, startMicrosocks, startTinyproxy } from '../hosts/proxies.ts';
import { startLighttpd } from '../hosts/webdav/lighttpd.ts';
import { seededBytes } from '../support/seeded.ts';
import { createMemoryJournal } from '../support/uploads.ts';

vi.mock('vscode', () => import('./editorStub.ts'));

/** Where a connection leads: its fields, its secrets, and the port that its server listens at. */
interface Target {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly secrets: ConnectionSecrets;
  readonly port: string;
  close(): Promise<void>;
}

const targets: Readonly<Record<string, () => Promise<Target>>> = {
  async dropbox() {
    const { url, token, close } = await startDropboxEmulator();
    const fields = { kind: 'dropbox', endpoint: url };
    return { fields, secrets: { accessToken: token }, port: new URL(url).port, close };
  },
  async nextcloud() {
    const { url, userId, user, password, close } = await startNextcloudEmulator();
    return { fields: { kind: 'nextcloud', url, userId }, secrets: { user, password }, port: new URL(url).port, close };
  },
  async webdav() {
    const { url, user, password, close } = await startLighttpd();
    return { fields: { kind: 'webdav', url }, secrets: { user, password }, port: new URL(url).port, close };
  },
};
const proxies: Readonly<Record<string, () => Promise<Proxy>>> = {
  tinyproxy: startTinyproxy,
  microsocks: startMicrosocks,
};

function through({ type, port, user, password }: Omit<Proxy, 'close' | 'connectionsTo'>, target: Target): Drive {
  const proxy = { type, address: '127.0.0.1', port, user };
  const connection = parseConnection({ id: 'c', name: 'c', folder: '/', timeoutSeconds: 5, ...target.fields, proxy });
  return openConnection(connection, { ...target.secrets, proxyPassword: password }, async () => undefined);
}

/** A small file and one that goes in pieces, listed and read back. */
async function deliver(drive: Drive, name: string): Promise<void> {
  const folder = await drive.createFolder({ path: rootPath }, name);
  const contents = [seededBytes(900, 'small'), seededBytes(9 * 1024 * 1024, 'large')];
  const uploader = createUploader({ drive, clock: nodeClock, journal: createMemoryJournal() });
  const outcomes = await uploader.deliver(
    contents.map((bytes, index) => ({
      id: String(index),
      source: bytesSource(bytes),
      target: { folder, name: `${index}.bin` },
    })),
  );
  for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
  const sizes: number[] = [];
  for await (const page of drive.list(folder))
    for (const entry of page) if (entry.type === 'file') sizes.push(entry.size);
  expect(sizes.sort((one, other) => one - other)).toEqual(contents.map(({ length }) => length));
  const entry = outcomes[0]!.ok ? outcomes[0]!.value.entry : undefined;
  expect(Buffer.from(await readBytes(drive.read(entry!), 10_000)).equals(Buffer.from(contents[0]!))).toBe(true);
  await drive.remove(folder);
}

describe.each(Object.keys(proxies))('through %s with a user name and a password', (name) => {
  let proxy: Proxy;
  beforeAll(async () => void (proxy = await proxies[name]!()));
  afterAll(() => proxy?.close());

  test.each(Object.keys(targets))('%s takes a delivery, and a wrong password is the proxy’s refusal', async (kind) => {
    const target = await targets[kind]!();
    try {
      await deliver(through(proxy, target), 'Through');
      expect(await proxy.connectionsTo(target.port)).toBeGreaterThan(0);
      const before = await proxy.connectionsTo(target.port);
      const refused = through({ ...proxy, password: 'wrong' }, target).account();
      await expect(refused).rejects.toMatchObject({ code: 'forbidden', where: 'proxy' });
      expect(await proxy.connectionsTo(target.port)).toBeLessThanOrEqual(before + 1);
    } finally {
      await target.close();
    }
  });

  test('one that is gone is an error of its own, within the time-out, for every kind', async () => {
    const gone = await proxies[name]!();
    await gone.close();
    for (const open of Object.values(targets)) {
      const target = await open();
      try {
        const began = Date.now();
        await expect(through(gone, target).account()).rejects.toMatchObject({ code: 'offline', where: 'proxy' });
        expect(Date.now() - began).toBeLessThan(10_000);
      } finally {
        await target.close();
      }
    }
  });
});
