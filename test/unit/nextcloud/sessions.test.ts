import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNodeHttp } from '../../../extension/src/node/nodeHttp.ts';
import { contentHashOf, digestsOf } from '../../../shared/core/hashing.ts';
import { joinPath, rootPath } from '../../../shared/core/paths.ts';
import type { HttpPort } from '../../../shared/core/ports.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import type { FolderEntry } from '../../../shared/drive/entry.ts';
import type { Outcome, UploadSession } from '../../../shared/drive/uploadSession.ts';
import { type Mode, type NextcloudEmulator, startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { openNextcloud } from '../../support/nextcloud.ts';
import { seededBytes } from '../../support/seeded.ts';

const chunkSize = 5 * 1024 * 1024;
const bytes = seededBytes(2 * chunkSize + 77, 'session');
const digests = digestsOf(bytes);

function value<T>(outcome: Outcome<T> | undefined): T {
  if (!outcome?.ok) throw outcome?.error ?? new Error('no outcome');
  return outcome.value;
}

describe.each<Mode>(['local', 's3v2'])('chunked upload in mode %s', (mode) => {
  let server: NextcloudEmulator;
  let drive: Drive;
  let folder: FolderEntry;

  beforeEach(async () => {
    server = await startNextcloudEmulator({ mode });
    drive = openNextcloud(server);
    folder = await drive.createFolder({ path: rootPath }, 'Réport');
    server.requests.reset();
  });
  afterEach(() => server.close());

  const start = async (replace?: string): Promise<UploadSession> => {
    const target = {
      folder,
      name: 'large.bin',
      modified: 1_700_000_000_000,
      ...(replace !== undefined && { replace }),
    };
    return (await drive.startUploads([{ target, size: bytes.length, chunkSize }]))[0] as UploadSession;
  };
  const append = async (session: UploadSession, index: number): Promise<UploadSession> => {
    const chunk = bytes.subarray(index * chunkSize, (index + 1) * chunkSize);
    return value((await drive.append([{ session, index, bytes: chunk, contentHash: contentHashOf(chunk) }]))[0]);
  };
  const send = async (order = [0, 1, 2], replace?: string): Promise<UploadSession> => {
    let session = await start(replace);
    for (const index of order) session = await append(session, index);
    return session;
  };
  const commit = async (session: UploadSession) => (await drive.commit([{ session, digests }]))[0];
  const stored = async () => digestsOf(new Uint8Array(await server.hooks.read('Réport/large.bin'))).sha256;

  test('Destination and total go with every request, the numbers begin at 00001, and nothing touches the final name before the proof', async () => {
    value(await commit(await send([2, 0, 1])));
    expect(await stored()).toBe(digests.sha256);
    const chunked = server.requests.list.filter(({ area }) => area === 'uploads');
    expect(chunked.map(({ method }) => method)).toEqual(['MKCOL', 'PUT', 'PUT', 'PUT', 'MOVE']);
    const destinations = new Set(chunked.map(({ headers }) => headers['destination']));
    expect(destinations.size).toBe(1);
    expect([...destinations][0]).toMatch(/\/files\/mara\/R%C3%A9port\/\.dossier-[0-9a-f]{32}\.upload$/);
    expect(chunked.map(({ headers }) => headers['oc-total-length'])).toEqual(chunked.map(() => String(bytes.length)));
    expect(chunked.filter(({ method }) => method === 'PUT').map(({ path }) => path.slice(-6))).toEqual([
      '/00003',
      '/00001',
      '/00002',
    ]);
    expect(server.requests.list.every(({ headers }) => headers['transfer-encoding'] === undefined)).toBe(true);
    expect(server.hooks.list('Réport')).toEqual(['large.bin']);
    expect(server.hooks.uploadFolders()).toEqual([]);
  });

  test('the proof is the hash that the server made, with as few requests as that takes', async () => {
    const { proof, entry } = value(await commit(await send()));
    expect(proof).toEqual({
      method: mode === 'local' ? 'returned-hash' : 'server-hash',
      algorithm: 'sha256',
      digest: digests.sha256,
    });
    expect(entry.modified).toBe(1_700_000_000_000);
    expect(server.requests.byRoute).toEqual({
      'MKCOL uploads': 1,
      'PUT uploads': 3,
      'MOVE uploads': 1,
      ...(mode === 's3v2' && { 'PATCH files': 1 }),
      'MOVE files': 1,
      'PROPFIND files': 1,
    });
  });

  // What is answered after the server has done it, or instead of doing it; the second commit is what `retry` would do.
  test.each([
    ['the assembly is done, 504 is answered', { kind: 'lostAnswer', answer: 504, route: 'MOVE uploads' }],
    ['the assembly is done, the connection drops', { kind: 'lostAnswer', answer: 'drop', route: 'MOVE uploads' }],
    ['the move is done, 502 is answered', { kind: 'lostAnswer', answer: 502, route: 'MOVE files' }],
    ['the move is done, the connection drops', { kind: 'lostAnswer', answer: 'drop', route: 'MOVE files' }],
  ] as const)('%s: the same commit settles it by looking', async (_, fault) => {
    const session = await send();
    server.faults.inject(fault);
    expect(value(await commit(session)).proof.digest).toBe(digests.sha256);
    expect(server.hooks.list('Réport')).toEqual(['large.bin']);
    expect(await stored()).toBe(digests.sha256);
  });

  test.each([
    ['the assembly is refused with 500', { kind: 'status', status: 500, route: 'MOVE uploads' }, 'server-error'],
    ['the assembly is locked', { kind: 'status', status: 423, route: 'MOVE uploads' }, 'locked'],
    ['the connection breaks before the assembly', { kind: 'reset', route: 'MOVE uploads' }, 'offline'],
    ['the move is refused with 503', { kind: 'status', status: 503, route: 'MOVE files' }, 'server-error'],
    ['nothing can be read back', { kind: 'status', status: 502, route: 'GET files' }, 'server-error'],
  ] as const)('%s: it fails so that it is tried again, and a second commit succeeds', async (_, fault, code) => {
    const session = await send();
    // A server that will not hash now leaves only the bytes themselves.
    server.faults.inject(fault, { kind: 'status', status: 500, route: 'PATCH files' });
    const first = await commit(session);
    // On local storage the hash came with the assembly, and nobody has to ask for it.
    if (fault.route === 'GET files' && mode === 'local') expect(first?.ok).toBe(true);
    else expect(first).toMatchObject({ ok: false, error: { code, retry: 'later' } });
    server.faults.clear();
    value(await commit(session));
    expect(server.hooks.list('Réport')).toEqual(['large.bin']);
  });

  test('an assembly that outlives our patience is waited for, not begun anew', async () => {
    const session = await send();
    const release = server.hooks.holdAssembly();
    const impatient = openNextcloud(server, { timeoutMs: 500 });
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await impatient.commit([{ session, digests }])).toMatchObject([{ ok: false, error: { retry: 'later' } }]);
    }
    release();
    await expect.poll(async () => (await commit(session))?.ok, { timeout: 30_000 }).toBe(true);
    expect(await stored()).toBe(digests.sha256);
  });

  test('a chunk that was cut off, a foreign file and a part that is too short do not count as received', async () => {
    const session = await append(await start(), 1);
    server.faults.inject({ kind: 'reset', afterBytes: 1_000_000, route: 'PUT uploads' });
    const [cut] = await drive.append([{ session, index: 0, bytes: bytes.subarray(0, chunkSize), contentHash: '' }]);
    expect(cut).toMatchObject({ ok: false, error: { code: 'offline' } });
    server.faults.inject({ kind: 'emptyFile', route: 'PUT uploads' });
    await append(session, 2);
    expect((await drive.inspectUpload({ ...session, received: [0, 1, 2] })).received).toEqual([1]);
  });

  test('what an earlier process committed without hearing of it is found', async () => {
    const session = await send();
    value(await commit(session));
    const resumed = await drive.inspectUpload({ ...session, received: [0] });
    expect(resumed.received).toEqual([0, 1, 2]);
    expect(value(await commit(resumed)).entry.name).toBe('large.bin');
  });

  test('a session that the server has forgotten is session-expired', async () => {
    const session = await append(await start(), 0);
    server.hooks.dropCache();
    const [next] = await drive.append([
      { session, index: 1, bytes: bytes.subarray(chunkSize, 2 * chunkSize), contentHash: '' },
    ]);
    if (mode === 's3v2') expect(next).toMatchObject({ ok: false, error: { code: 'session-expired', retry: 'now' } });
    await drive.abandonUploads([session]);
    await expect(drive.inspectUpload(session)).rejects.toMatchObject({ code: 'session-expired' });
    expect(await commit({ ...session, received: [0, 1, 2] })).toMatchObject({
      ok: false,
      error: { code: 'session-expired' },
    });
  });

  test('an earlier commit that gets through between two looks is found, and nothing is sent again', async () => {
    const session = await send();
    const release = server.hooks.holdAssembly();
    const stop = new AbortController();
    const abandoned = drive.commit([{ session, digests }], { signal: stop.signal }).catch(() => undefined);
    await expect.poll(() => server.requests.count('MOVE uploads')).toBe(1);
    stop.abort();
    await abandoned;
    let looks = 0;
    const http = createNodeHttp();
    const watching: HttpPort = {
      async send(request) {
        const answer = await http.send(request);
        // Neither the hidden name nor the target had the file yet; the whole has come before the next question.
        if (request.method === 'PROPFIND' && answer.status === 404 && ++looks === 2) {
          release();
          await expect.poll(() => server.hooks.list('Réport').length).toBe(1);
        }
        return answer;
      },
    };
    const late = openNextcloud(server, { http: watching });
    const whileLocked = async () => {
      const [outcome] = await late.commit([{ session, digests }]);
      // The whole is there a moment before the server lets go of it: then, and only then, asking again is what is to be
      // done.
      if (outcome?.ok === false && outcome.error.code === 'locked') throw outcome.error;
      return outcome;
    };
    expect(value(await vi.waitFor(whileLocked, { timeout: 10_000 })).entry).toMatchObject({
      name: 'large.bin',
      size: bytes.length,
    });
    expect(server.hooks.list('Réport')).toEqual(['large.bin']);
  });

  test('the folder disappears meanwhile: parent-missing', async () => {
    const session = await append(await start(), 0);
    await drive.remove(folder);
    const [next] = await drive.append([
      { session, index: 1, bytes: bytes.subarray(chunkSize, 2 * chunkSize), contentHash: '' },
    ]);
    expect(next).toMatchObject({ ok: false, error: { code: 'parent-missing' } });
  });

  test('no room: quota-exceeded with the first chunk, and nothing is retried', async () => {
    server.hooks.setQuota(1_000_000);
    const session = await start();
    const [first] = await drive.append([{ session, index: 0, bytes: bytes.subarray(0, chunkSize), contentHash: '' }]);
    expect(first).toMatchObject({ ok: false, error: { code: 'quota-exceeded', retry: 'afterUser' } });
  });

  test('content that is not what was read is integrity-mismatch and never gets the name', async () => {
    const session = await send();
    const [outcome] = await drive.commit([{ session, digests: digestsOf(seededBytes(10, 'other')) }]);
    expect(outcome).toMatchObject({ ok: false, error: { code: 'integrity-mismatch' } });
    expect(server.hooks.list('Réport')).toEqual([]);
  });

  test('replacing takes the revision it names; another one stays untouched, byte for byte', async () => {
    const first = seededBytes(100, 'first');
    const { entry } = await drive.upload({ folder, name: 'large.bin' }, first, digestsOf(first));
    const replaced = value(await commit(await send([0, 1, 2], entry.revision)));
    expect(await stored()).toBe(digests.sha256);
    expect(await commit(await send([0, 1, 2], entry.revision))).toMatchObject({
      ok: false,
      error: { code: 'revision-conflict' },
    });
    const theirs = seededBytes(bytes.length, 'theirs');
    const changed = await drive.upload(
      { folder, name: 'large.bin', replace: replaced.entry.revision },
      theirs.subarray(0, 200),
      digestsOf(theirs.subarray(0, 200)),
    );
    expect(await commit(await send([0, 1, 2], entry.revision))).toMatchObject({
      ok: false,
      error: { code: 'revision-conflict' },
    });
    expect((await drive.stat({ path: joinPath(folder.path, 'large.bin') }))?.revision).toBe(changed.entry.revision);
    expect(server.hooks.list('Réport')).toEqual(['large.bin']);
  });

  test('a record that was tampered with reaches no other place', async () => {
    const session = await start();
    for (const data of [
      { uploadId: '../../files/mara', waiting: '/x', target: '/y' },
      { uploadId: 'dossier-00', waiting: '/x', target: '/y' },
      null,
      [],
    ]) {
      await expect(drive.inspectUpload({ ...session, data })).rejects.toMatchObject({ code: 'session-expired' });
    }
  });
});
