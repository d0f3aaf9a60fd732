import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { httpOf, openConnection, reachOf } from '../../../extension/src/model/connections/openConnection.ts';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import {
  type Clock,
  type ConnectionSecrets,
  type ConnectionTest,
  parseConnection,
  serverOf,
  testConnection,
  testReport,
  toText,
  verdictOf,
} from '../../../shared/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';

let dropbox: DropboxEmulator;
let nextcloud: NextcloudEmulator;
const open: (() => unknown)[] = [];

beforeAll(async () => {
  [dropbox, nextcloud] = await Promise.all([
    startDropboxEmulator({
      accounts: [
        { name: 'Ada Byron', email: 'ada@example.com', kind: 'basic' },
        { name: 'Mary Somerville', email: 'mary@example.com', kind: 'business' },
      ],
    }),
    startNextcloudEmulator(),
  ]);
});
afterAll(() => Promise.all([dropbox?.close(), nextcloud?.close()]));
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

interface Given {
  readonly clock?: Clock;
  readonly folderIsMade?: boolean;
  readonly writes?: boolean;
}

function run(fields: object, secrets: ConnectionSecrets, given: Given = {}): Promise<ConnectionTest> {
  const connection = parseConnection({ id: 'c', name: 'Mine', timeoutSeconds: 5, ...fields });
  const { clock = nodeClock, folderIsMade = true, writes = true } = given;
  return testConnection(
    {
      kind: connection.kind,
      address: serverOf(connection),
      folder: connection.folder,
      folderIsMade,
      writes,
      proxy: connection.proxy,
    },
    {
      http: httpOf(connection, secrets),
      open: async () => openConnection(connection, secrets, async () => undefined),
      clock,
      randomBytes,
      reach: reachOf(connection, secrets),
    },
  );
}

const states = ({ steps }: ConnectionTest) => Object.fromEntries(steps.map(({ step, state }) => [step, state]));
const found = ({ steps }: ConnectionTest, step: string) => {
  const result = steps.find((each) => each.step === step)!;
  return [result.found, ...(result.advice ? [result.advice] : [])].map((each) => toText(each)).join('. ');
};
const mine = (fields: object = {}) => ({
  kind: 'nextcloud',
  url: nextcloud.url,
  userId: nextcloud.userId,
  folder: '/Reports',
  ...fields,
});
const signedIn = (): ConnectionSecrets => ({ user: nextcloud.user, password: nextcloud.password });

describe('a connection that works', () => {
  test('Nextcloud: each step says what was found, and nothing is left behind', async () => {
    const result = await run(mine(), signedIn());
    expect(result.failed).toBeUndefined();
    expect(states(result)).toMatchObject({
      name: 'good',
      proxy: 'good',
      credentials: 'good',
      permissions: 'good',
      folder: 'good',
      clock: 'good',
    });
    expect(found(result, 'name')).toBe('127.0.0.1 is 127.0.0.1');
    expect(found(result, 'folder')).toBe('/Reports is made with the first report; / can be written to');
    expect(toText(verdictOf(result))).toBe('Everything works');
    const drive = openConnection(parseConnection({ id: 'c', name: 'c', ...mine() }), signedIn(), async () => undefined);
    const names: string[] = [];
    for await (const page of drive.list({ path: '/' as never })) names.push(...page.map(({ name }) => name));
    expect(names.filter((name) => name.startsWith('dossier-'))).toEqual([]);
  });

  test('Dropbox: the account, its plan and the free space are told', async () => {
    const result = await run({ kind: 'dropbox', endpoint: dropbox.url, folder: '/' }, { accessToken: dropbox.token });
    expect(result.failed).toBeUndefined();
    expect(found(result, 'account')).toBe('Ada Byron (ada@example.com): a personal account');
    const { accessToken } = dropbox.tokens.issue({ account: 1 });
    const team = await run({ kind: 'dropbox', endpoint: dropbox.url, folder: '/' }, { accessToken }, { writes: false });
    expect(found(team, 'account')).toContain(': a member of a team with a space of its own');
    expect(found(result, 'space')).toMatch(/^[\d.]+ [kMGT]B free$/);
    expect(found(result, 'folder')).toBe('/: a test file was written, read back and removed');
  });

  test('a folder of this computer: what is no question there is skipped', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dossier-connection-test-'));
    open.push(() => rm(folder, { recursive: true }));
    const result = await run({ kind: 'localFolder', root: folder, folder: '/' }, {});
    expect(states(result)).toMatchObject({
      name: 'skipped',
      tls: 'skipped',
      credentials: 'good',
      folder: 'good',
      space: 'good',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('only looking writes nothing', async () => {
    const before = nextcloud.requests.total;
    const result = await run(mine({ folder: '/' }), signedIn(), { writes: false });
    expect(result.failed).toBeUndefined();
    expect(nextcloud.requests.list.slice(before).map(({ method }) => method)).not.toContain('PUT');
  });
});

describe('the first step that fails says what to do', () => {
  const failing = async (test: Promise<ConnectionTest>) => {
    const result = await test;
    return [result.failed?.step, toText(verdictOf(result))];
  };

  test('a name that nobody knows', async () => {
    expect(await failing(run(mine({ url: 'https://no-such-host.invalid' }), signedIn()))).toEqual([
      'name',
      expect.stringMatching(/^Name of the server: The server name could not be (found|looked up)/),
    ]);
  });

  test('a port where nobody listens', async () => {
    expect(await failing(run(mine({ url: 'http://127.0.0.1:1' }), signedIn()))).toEqual([
      'tls',
      'Connection and certificate: The server refused the connection (127.0.0.1:1). Check the network connection and the server address.',
    ]);
  });

  test('a proxy that is not there', async () => {
    const proxy = { type: 'http', address: '127.0.0.1', port: 1 };
    expect(await failing(run(mine({ proxy }), signedIn()))).toEqual([
      'proxy',
      expect.stringMatching(/^Proxy: The proxy 127\.0\.0\.1:1 of this connection cannot be reached/),
    ]);
  });

  test('a certificate that nobody vouches for, with the name of who signed it', async () => {
    const other = await startNextcloudEmulator({ tls: true });
    open.push(() => other.close());
    const [step, said] = await failing(run(mine({ url: other.url }), signedIn()));
    expect(step).toBe('tls');
    expect(said).toMatch(/signed by .*(certificate|authority|signed)/i);
    expect(said).toMatch(/\(signed by .+\)/);
  });

  test('a wrong password', async () => {
    const [step, said] = await failing(run(mine(), { user: nextcloud.user, password: 'wrong' }));
    expect(step).toBe('credentials');
    expect(said).toMatch(/^Sign-in: /);
    expect(said).not.toContain('wrong');
  });

  test('a folder that is not there, where nobody makes it', async () => {
    expect(await failing(run(mine({ folder: '/Nowhere' }), signedIn(), { folderIsMade: false }))).toEqual([
      'folder',
      'Folder for reports: There is no folder /Nowhere. Make the folder at the service, or correct its name in the connection',
    ]);
  });
});

describe('what a sign-in permits', () => {
  const scopes = (...given: string[]) => dropbox.tokens.issue({ scopes: ['account_info.read', ...given] }).accessToken;
  const permitted = async (...given: string[]) => {
    const result = await run({ kind: 'dropbox', endpoint: dropbox.url }, { accessToken: scopes(...given) });
    return [result.failed?.step, found(result, 'permissions'), found(result, 'folder')];
  };

  test('metadata only is enough to list and to watch, and nothing is written', async () => {
    expect(await permitted('files.metadata.read')).toEqual([
      undefined,
      expect.stringMatching(
        /^To see files and folders, and neither to read nor to write them\. That is enough to list folders and to watch/,
      ),
      '/ is there',
    ]);
  });

  test('delivering without reading is proved by checksum', async () => {
    expect(await permitted('files.metadata.read', 'files.content.write')).toEqual([
      undefined,
      expect.stringMatching(/^To see and write files, and not to read them/),
      '/: a test file was written, its checksum compared, and removed',
    ]);
  });
});

test('a clock that is off is told, with its side', async () => {
  const behind = await run(mine(), signedIn(), { clock: { ...nodeClock, now: () => Date.now() - 300_000 } });
  expect(found(behind, 'clock')).toMatch(/^The clock here is (299|300|301) s behind the server’s\. Set/);
  expect(behind.failed).toBeUndefined();
});

test('the report is a page that holds no secret', async () => {
  const result = await run(mine(), signedIn());
  const report = testReport(result, { title: 'Test of Mine', about: 'Nextcloud' });
  expect(report).toMatch(/^# Test of Mine\n\nNextcloud · \d{4}-\d\d-\d\d \d\d:\d\d UTC\n\n\*\*Everything works\*\*/);
  expect(report.split('\n').filter((line) => line.startsWith('| ✓'))).not.toEqual([]);
  expect(report).not.toContain(nextcloud.password);
});
