import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isDossierError } from '../../../shared/core/errors.ts';
import { contentHashOf, digestsOf } from '../../../shared/core/hashing.ts';
import { rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import type { FolderEntry } from '../../../shared/drive/entry.ts';
import type { Outcome, Piece, UploadSession } from '../../../shared/drive/uploadSession.ts';
import { createDropboxDrive } from '../../../shared/drives/dropbox/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { openDropbox } from '../../support/dropbox.ts';
import { type ScriptedAnswer, scriptedHttp } from '../../support/scriptedHttp.ts';
import { patternBytes } from '../../support/uploads.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const clock = createVirtualClock();
const mebibyte = 1024 * 1024;
const code = (outcome: Outcome<unknown> | undefined) => outcome && (outcome.ok ? 'ok' : outcome.error.code);

function pieceOf(session: UploadSession, content: Uint8Array, index: number): Piece {
  const bytes = content.subarray(index * session.chunkSize, (index + 1) * session.chunkSize);
  return { session, index, bytes, contentHash: contentHashOf(bytes) };
}

describe('sessions against the emulator', () => {
  let emulator: DropboxEmulator;
  let drive: Drive;
  let folder: FolderEntry;
  let counter = 0;

  beforeAll(async () => {
    emulator = await startDropboxEmulator();
  });
  afterAll(() => emulator.close());
  beforeEach(async () => {
    emulator.faults.clear();
    drive = openDropbox(emulator, { clock });
    folder = await drive.createFolder({ path: rootPath }, `case ${++counter}`);
    emulator.requests.reset();
  });

  const begin = async (contents: readonly Uint8Array[]) =>
    drive.startUploads(
      contents.map((content, index) => ({
        target: { folder, name: `${index}.bin` },
        size: content.length,
        chunkSize: 4 * mebibyte,
      })),
    );

  test('every call that carries content carries its hash', async () => {
    const content = patternBytes(0, 9 * mebibyte);
    const [session] = await begin([content]);
    let current = session as UploadSession;
    for (const index of [1, 0, 2]) {
      const [outcome] = await drive.append([pieceOf(current, content, index)]);
      current = outcome?.ok ? outcome.value : current;
    }
    await drive.commit([{ session: current, digests: digestsOf(content) }]);
    await drive.upload({ folder, name: 'small' }, content.subarray(0, 10), digestsOf(content.subarray(0, 10)));
    const carrying = emulator.requests.list.filter(({ bytesIn, route }) => bytesIn > 0 && /append|upload$/.test(route));
    expect(carrying).toHaveLength(4);
    for (const { argument } of carrying)
      expect(argument).toMatchObject({ content_hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('a chunk that is damaged on the way is refused', async () => {
    const content = patternBytes(0, 9 * mebibyte);
    const [session] = await begin([content]);
    const piece = pieceOf(session as UploadSession, content, 0);
    const damaged = piece.bytes.slice();
    damaged[4711] = (damaged[4711] as number) ^ 8;
    expect(code((await drive.append([{ ...piece, bytes: damaged }]))[0])).toBe('integrity-mismatch');
    expect(code((await drive.append([piece]))[0])).toBe('ok');
  });

  test('a batch too large for the server in its headers is halved until it fits, and the size is kept', async () => {
    const small = await startDropboxEmulator({ limits: { header: { bytes: 2500, status: 431 } } });
    try {
      const strict = openDropbox(small, { clock });
      const home = await strict.createFolder({ path: rootPath }, 'Home');
      const contents = Array.from({ length: 40 }, (_, index) => patternBytes(0, 100 + index, index));
      const sessions = await strict.startUploads(
        contents.map((content, index) => ({
          target: { folder: home, name: `${index}` },
          size: content.length,
          chunkSize: 4 * mebibyte,
        })),
      );
      const pieces = sessions.map((session, index) => pieceOf(session, contents[index] as Uint8Array, 0));
      const outcomes = await strict.append(pieces);
      expect(outcomes.map(code)).toEqual(contents.map(() => 'ok'));
      const refused = small.requests.list.filter(({ status }) => status === 431).length;
      expect(refused).toBeGreaterThan(0);
      small.requests.reset();
      expect(
        (await strict.append(pieces.map((piece) => ({ ...piece, session: { ...piece.session, received: [] } })))).map(
          code,
        ),
      ).toEqual(contents.map(() => 'ok'));
      expect(small.requests.list.filter(({ status }) => status === 431)).toHaveLength(0);
    } finally {
      await small.close();
    }
  });

  test('a server without append_batch gets one request a piece', async () => {
    emulator.faults.inject({ kind: 'status', status: 400, route: 'files/upload_session/append_batch', times: 100 });
    const contents = [patternBytes(0, 10), patternBytes(0, 20), patternBytes(0, 30)];
    const sessions = await begin(contents);
    const outcomes = await drive.append(
      sessions.map((session, index) => pieceOf(session, contents[index] as Uint8Array, 0)),
    );
    expect(outcomes.map(code)).toEqual(['ok', 'ok', 'ok']);
    const commits = outcomes.map((outcome, index) => ({
      session: (outcome as { value: UploadSession }).value,
      digests: digestsOf(contents[index] as Uint8Array),
    }));
    expect((await drive.commit(commits)).map(code)).toEqual(['ok', 'ok', 'ok']);
  });

  test('an append whose answer was lost is a success when it is sent again', async () => {
    const contents = [patternBytes(0, 1000), patternBytes(0, 2000)];
    const pieces = (await begin(contents)).map((session, index) => pieceOf(session, contents[index] as Uint8Array, 0));
    emulator.faults.inject({ kind: 'lostAnswer', route: 'files/upload_session/append_batch' });
    await expect(drive.append(pieces)).rejects.toMatchObject({ code: 'offline' });
    expect((await drive.append(pieces)).map(code)).toEqual(['ok', 'ok']);
    expect((await drive.append(pieces.slice(0, 1))).map(code)).toEqual(['ok']);
  });

  test('what remained of an append that broke off is not sent again: only the tail', async () => {
    const keeping = await startDropboxEmulator({ behaviour: { cutAppend: 'keepsReceived' } });
    try {
      const client = openDropbox(keeping, { clock });
      const home = await client.createFolder({ path: rootPath }, 'Home');
      const content = patternBytes(0, 3 * mebibyte);
      const [session] = await client.startUploads([
        { target: { folder: home, name: 'a' }, size: content.length, chunkSize: 4 * mebibyte },
      ]);
      const piece = pieceOf(session as UploadSession, content, 0);
      keeping.faults.inject({ kind: 'reset', afterBytes: mebibyte, route: 'files/upload_session/append_v2' });
      await expect(client.append([piece])).rejects.toMatchObject({ code: 'offline' });
      keeping.requests.reset();
      const [outcome] = await client.append([piece]);
      expect(code(outcome)).toBe('ok');
      const tail = keeping.requests.list.at(-1);
      expect(tail?.bytesIn).toBe(2 * mebibyte);
      const [committed] = await client.commit([
        { session: (outcome as { value: UploadSession }).value, digests: digestsOf(content) },
      ]);
      expect(code(committed)).toBe('ok');
    } finally {
      await keeping.close();
    }
  });

  test('a file of one chunk: asking sends no content, tells whether it is there, and closes it as the chunk would have', async () => {
    const content = patternBytes(0, 2 * mebibyte);
    const [session] = (await begin([content])) as [UploadSession];
    expect((await drive.inspectUpload(session)).received).toEqual([]);
    await drive.append([pieceOf(session, content, 0)]);
    emulator.requests.reset();
    const held = await drive.inspectUpload(session);
    expect(held.received).toEqual([0]);
    expect(emulator.requests.list.map(({ bytesIn }) => bytesIn)).toEqual([0]);
    expect(code((await drive.commit([{ session: held, digests: digestsOf(content) }]))[0])).toBe('ok');
    const [open] = (await begin([content])) as [UploadSession];
    emulator.sessions.expireAll();
    await expect(drive.inspectUpload(open)).rejects.toMatchObject({ code: 'session-expired' });
  });

  test('a file of several chunks is not asked about: Dropbox tells nothing of them', async () => {
    const content = patternBytes(0, 9 * mebibyte);
    const [session] = (await begin([content])) as [UploadSession];
    await drive.append([pieceOf(session, content, 1)]);
    emulator.requests.reset();
    expect(await drive.inspectUpload({ ...session, received: [1] })).toEqual({ ...session, received: [1] });
    expect(emulator.requests.total).toBe(0);
  });

  test('expired sessions are session-expired, for chunks and for commits', async () => {
    const content = patternBytes(0, 1000);
    const [session] = await begin([content]);
    const piece = pieceOf(session as UploadSession, content, 0);
    const [appended] = await drive.append([piece]);
    emulator.sessions.expireAll();
    expect(code((await drive.append([piece]))[0])).toBe('session-expired');
    expect(
      code(
        (
          await drive.commit([{ session: (appended as { value: UploadSession }).value, digests: digestsOf(content) }])
        )[0],
      ),
    ).toBe('session-expired');
  });

  test('commits are one call at a time, and only entries that failed are told so', async () => {
    const contents = Array.from({ length: 6 }, (_, index) => patternBytes(0, 50, index));
    const sessions = await begin(contents);
    const appended = await drive.append(
      sessions.map((session, index) => pieceOf(session, contents[index] as Uint8Array, 0)),
    );
    const commits = appended.map((outcome, index) => ({
      session: (outcome as { value: UploadSession }).value,
      digests: digestsOf(contents[index] as Uint8Array),
    }));
    emulator.requests.reset();
    emulator.faults.inject({
      kind: 'entries',
      indexes: [1],
      error: { '.tag': 'too_many_write_operations' },
      route: 'files/upload_session/finish_batch_v2',
    });
    const both = await Promise.all([drive.commit(commits.slice(0, 3)), drive.commit(commits.slice(3))]);
    expect(both.flat().map(code)).toEqual(['ok', 'rate-limited', 'ok', 'ok', 'ok', 'ok']);
    expect(emulator.requests.peak).toBe(1);
  });

  test('a folder that is renamed between two chunks still gets the file', async () => {
    const content = patternBytes(0, 1000);
    const [session] = await begin([content]);
    const [appended] = await drive.append([pieceOf(session as UploadSession, content, 0)]);
    await drive.move(folder, { path: rootPath }, `renamed ${counter}`);
    const [committed] = await drive.commit([
      { session: (appended as { value: UploadSession }).value, digests: digestsOf(content) },
    ]);
    expect(committed?.ok && committed.value.entry.path).toBe(`/renamed ${counter}/0.bin`);
  });
});

describe('offsets that a server may claim', () => {
  const content = patternBytes(0, 1000);
  const target = { folder: { path: rootPath, id: 'id:folder' }, name: 'a' };
  const session: UploadSession = {
    kind: 'dropbox',
    target,
    size: 1000,
    chunkSize: 4 * mebibyte,
    received: [],
    data: { id: 'session' },
  };

  /** The first append gets this offset told, all others succeed. */
  const append = async (correctOffset: unknown) => {
    const refusal: ScriptedAnswer = {
      status: 409,
      json: {
        error_summary: 'incorrect_offset/',
        error: { '.tag': 'incorrect_offset', correct_offset: correctOffset },
      },
    };
    const http = scriptedHttp(({ route }, index) =>
      route === 'users/get_current_account'
        ? { json: { account_id: 'dbid:1' } }
        : index <= 1
          ? refusal
          : { json: null },
    );
    const [outcome] = await createDropboxDrive({ http, clock }).append([pieceOf(session, content, 0)]);
    const appends = http.seen
      .filter(({ route }) => route.includes('append'))
      .map(({ request }) => JSON.parse(request.headers?.['Dropbox-API-Arg'] ?? ''));
    return {
      outcome: code(outcome),
      offsets: appends.map(({ cursor }) => cursor.offset),
      sent: http.seen.at(-1)?.request.body,
    };
  };

  test('the end of the chunk: it has arrived, and is only closed', async () => {
    expect(await append(1000)).toMatchObject({ outcome: 'ok', offsets: [0, 1000], sent: new Uint8Array() });
  });

  test('within the chunk: the tail is sent', async () => {
    expect(await append(400)).toMatchObject({ outcome: 'ok', offsets: [0, 400], sent: content.subarray(400) });
  });

  test.each([0, -1, 1001, 2 ** 53, 0.5, '400', null, undefined, {}])('%j: nothing is guessed', async (offset) => {
    expect(await append(offset)).toMatchObject({ outcome: 'offset-mismatch', offsets: [0] });
  });
});

describe('a server that does not keep its word', () => {
  const bytes = patternBytes(0, 100);
  const digests = digestsOf(bytes);
  const metadata = (changes: object) => ({
    '.tag': 'file',
    id: 'id:file',
    name: 'a',
    path_display: '/F/a',
    path_lower: '/f/a',
    rev: '0123456789a',
    size: 100,
    server_modified: '2026-01-01T00:00:00Z',
    content_hash: digests.dropboxContentHash,
    ...changes,
  });
  const answering = (answers: Readonly<Record<string, unknown>>) =>
    scriptedHttp(({ route }) => ({
      json: answers[route] ?? (route === 'users/get_current_account' ? { account_id: 'dbid:1' } : {}),
    }));
  const target = { folder: { path: rootPath, id: 'id:folder' }, name: 'a' };

  const otherHash = metadata({ content_hash: 'f'.repeat(64) });

  test('another hash after an upload, and other bytes: it is taken back, and the upload fails', async () => {
    const http = answering({
      'files/upload': otherHash,
      'files/get_metadata': otherHash,
      'files/download': 'other bytes',
      'files/delete_v2': { metadata: {} },
    });
    await expect(createDropboxDrive({ http, clock }).upload(target, bytes, digests)).rejects.toMatchObject({
      code: 'integrity-mismatch',
    });
    expect(http.seen.find(({ route }) => route === 'files/delete_v2')?.body).toBe(
      JSON.stringify({ path: 'id:file', parent_rev: '0123456789a' }),
    );
  });

  test('another hash after a replacement: nothing is deleted', async () => {
    const http = answering({
      'files/upload': otherHash,
      'files/get_metadata': otherHash,
      'files/download': 'other bytes',
    });
    await expect(
      createDropboxDrive({ http, clock }).upload({ ...target, replace: '0123' }, bytes, digests),
    ).rejects.toMatchObject({ code: 'integrity-mismatch' });
    expect(http.seen.some(({ route }) => route === 'files/delete_v2')).toBe(false);
  });

  test.each([
    ['no hash in the answer, and the right one a moment later', metadata({ content_hash: undefined }), 'server-hash'],
    ['another size, and the right hash', metadata({ size: 99 }), 'returned-hash'],
  ])('%s: it is what was sent, and nothing is deleted', async (_, answer, method) => {
    const http = answering({ 'files/upload': answer, 'files/get_metadata': metadata({}) });
    const { proof } = await createDropboxDrive({ http, clock }).upload(target, bytes, digests);
    expect(proof).toMatchObject({ method, digest: digests.dropboxContentHash });
    expect(http.seen.some(({ route }) => route === 'files/delete_v2')).toBe(false);
  });

  test.each<[string, unknown]>([
    ['nothing', null],
    ['no entries', {}],
    ['too few entries', { entries: [] }],
    ['entries of another form', { entries: [null] }],
    ['a success without metadata', { entries: [{ '.tag': 'success' }] }],
  ])('%s in answer to a commit is no success', async (_, answer) => {
    const session: UploadSession = {
      kind: 'dropbox',
      target,
      size: 100,
      chunkSize: 4 * mebibyte,
      received: [0],
      data: { id: 's' },
    };
    const drive = createDropboxDrive({ http: answering({ 'files/upload_session/finish_batch_v2': answer }), clock });
    const outcomes = await drive
      .commit([{ session, digests }])
      .catch((error: unknown) => [{ ok: false as const, error }]);
    const [outcome] = outcomes;
    expect(outcome?.ok).toBe(false);
    expect(outcome && !outcome.ok && isDossierError(outcome.error)).toBe(true);
  });
});
