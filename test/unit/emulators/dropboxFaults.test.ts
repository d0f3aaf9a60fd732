import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Fault, parseFaults } from '../../emulators/dropbox/faults.ts';
import { type Reply, start, type Talk, tagsOf } from './dropboxTalk.ts';

const codeOf = (sent: Promise<Reply>): Promise<unknown> =>
  sent.then(
    (reply) => reply.status,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
const whoAmI = ({ rpc }: Talk): Promise<Reply> => rpc('users/get_current_account');

describe('a plan', () => {
  it('strikes the Nth request of all, or of a route, and as often as it says', async () => {
    const talk = await start({ faults: [{ kind: 'status', status: 503, at: 3 }] });
    const statuses = async (count: number, call: () => Promise<Reply>): Promise<number[]> => {
      const seen: number[] = [];
      for (let left = count; left > 0; left -= 1) seen.push((await call()).status);
      return seen;
    };
    expect(await statuses(4, () => whoAmI(talk))).toEqual([200, 200, 503, 200]);
    talk.emulator.faults.inject({ kind: 'status', status: 500, route: 'files/upload', nth: 2, times: 2 });
    expect(await statuses(2, () => whoAmI(talk))).toEqual([200, 200]);
    expect(await statuses(5, () => talk.upload('/a', 'x'))).toEqual([200, 500, 500, 200, 200]);
    expect(talk.emulator.faults.pending).toEqual([]);
    expect(talk.emulator.requests.list.filter((each) => each.fault === 'status').map((each) => each.status)).toEqual([
      503, 500, 500,
    ]);
  });

  it('is read from text, which may be wrong', () => {
    expect(parseFaults('[{"kind":"reset","at":4}]')).toEqual([{ kind: 'reset', at: 4 }]);
    expect(() => parseFaults('{"kind":"reset"}')).toThrow('list');
    expect(() => parseFaults('[{"kind":"explode"}]')).toThrow('Fault 0');
  });
});

describe('answers instead of work', () => {
  const table: readonly (readonly [Partial<Extract<Fault, { kind: 'status' }>>, number, string | undefined, string])[] =
    [
      [{ status: 400 }, 400, undefined, 'The request was refused'],
      [{ status: 401 }, 401, undefined, '"expired_access_token"'],
      [{ status: 403, body: 'json' }, 403, undefined, 'error_summary'],
      [{ status: 408 }, 408, undefined, 'refused'],
      [{ status: 409 }, 409, undefined, '"other"'],
      [{ status: 409, error: { '.tag': 'too_many_write_operations' } }, 409, undefined, 'too_many_write_operations/'],
      [{ status: 423 }, 423, undefined, 'refused'],
      [{ status: 429, retryAfter: 2 }, 429, '2', '"too_many_requests"'],
      [{ status: 429, body: 'rateLimitText' }, 429, undefined, 'too_many_requests'],
      [{ status: 429, retryAfter: 'soon' }, 429, 'soon', 'too_many_requests'],
      [{ status: 500 }, 500, undefined, 'refused'],
      [{ status: 502 }, 502, undefined, '<html>'],
      [{ status: 503 }, 503, undefined, ''],
      [{ status: 503, retryAfter: 5 }, 503, '5', ''],
      [{ status: 507 }, 507, undefined, 'refused'],
    ];
  it.each(table)('%j', async (fault, status, retryAfter, text) => {
    const { upload, emulator } = await start();
    emulator.faults.inject({ kind: 'status', status, ...fault });
    const reply = await upload('/a', 'x');
    expect([reply.status, reply.headers['retry-after']]).toEqual([status, retryAfter]);
    if (text === '') expect(reply.text).toBe('');
    else expect(reply.text).toContain(text);
    expect(emulator.files.entry('/a')).toBeUndefined();
    expect((await upload('/a', 'x')).status).toBe(200);
  });
});

describe('broken connections', () => {
  it.each([[{}], [{ afterBytes: 1000 }]])('reset %j: nothing is done', async (when) => {
    const { upload, emulator } = await start();
    emulator.faults.inject({ kind: 'reset', ...when });
    expect(await codeOf(upload('/a', Buffer.alloc(3_000_000)))).toMatch(/ECONNRESET|EPIPE/);
    expect(emulator.files.entry('/a')).toBeUndefined();
    expect(emulator.requests.bytesIn).toBe('afterBytes' in when ? 1000 : 0);
  });

  it.each([[{}], [{ afterBytes: 1000 }]])('stall %j: until the client gives up', async (when) => {
    const { emulator } = await start();
    emulator.faults.inject({ kind: 'stall', ...when });
    const { hostname, port } = new URL(emulator.url);
    const socket = connect(Number(port), hostname);
    let heard = 0;
    socket.on('data', (bytes) => (heard += bytes.length));
    const head = `POST /2/files/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${emulator.token}\r\nContent-Type: application/octet-stream\r\nDropbox-API-Arg: {"path":"/a"}\r\nContent-Length: 2000\r\n\r\n`;
    socket.write(head + 'x'.repeat(2000));
    const expected = 'afterBytes' in when ? 1000 : 0;
    while (emulator.requests.list[0]?.fault !== 'stall' || emulator.requests.bytesIn < expected)
      await new Promise(setImmediate);
    expect([heard, emulator.requests.running]).toEqual([0, 1]);
    socket.destroy();
    while (emulator.requests.running > 0) await new Promise(setImmediate);
    expect(emulator.files.entry('/a')).toBeUndefined();
  });

  it('lostAnswer: everything is done, and nothing heard of it', async () => {
    const { upload, emulator } = await start();
    emulator.faults.inject({ kind: 'lostAnswer' });
    expect(await codeOf(upload('/a', 'x'))).toMatch(/ECONNRESET/);
    expect(emulator.files.entry('/a')?.size).toBe(1);
  });

  it('stallAnswer: done as well, and the connection stays open', async () => {
    const { upload, emulator } = await start();
    emulator.faults.inject({ kind: 'stallAnswer' });
    const sent = codeOf(upload('/a', 'x'));
    while (!emulator.files.entry('/a')) await new Promise(setImmediate);
    expect(emulator.requests.running).toBe(1);
    await emulator.close();
    expect(await sent).toMatch(/ECONNRESET|socket hang up/);
  });

  it('cutBody: half of an answer that promises all', async () => {
    const { upload, download, rpc, emulator } = await start();
    await upload('/a', Buffer.alloc(100_000));
    for (const call of [() => download('/a'), () => rpc('files/get_metadata', { path: '/a' })]) {
      emulator.faults.inject({ kind: 'cutBody' });
      expect(await codeOf(call())).toMatch(/ECONNRESET|aborted/);
      expect((await call()).status).toBe(200);
    }
    expect(emulator.requests.list.find((each) => each.fault === 'cutBody')?.bytesOut).toBe(50_000);
  });

  it('wrongJson: done, and answered with something else', async () => {
    const { rpc, emulator } = await start();
    emulator.faults.inject({ kind: 'wrongJson' }, { kind: 'wrongJson', text: '{"metadata":[]}', nth: 2 });
    const [broken, wrong] = [
      await rpc('files/create_folder_v2', { path: '/a' }),
      await rpc('files/create_folder_v2', { path: '/b' }),
    ];
    expect([broken.status, broken.json]).toEqual([200, undefined]);
    expect([wrong.status, wrong.json]).toEqual([200, { metadata: [] }]);
    expect(emulator.files.list()).toHaveLength(2);
  });
});

describe('batches', () => {
  it('entries fail as planned, and the others are done', async () => {
    const { rpc, send, emulator } = await start();
    const ids: string[] = [];
    for (const text of ['one', 'two', 'six']) {
      ids.push((await send('files/upload_session/start', { close: true }, text)).json.session_id as string);
    }
    emulator.faults.inject({
      kind: 'entries',
      route: 'files/upload_session/finish_batch_v2',
      indexes: [0, 2],
      error: { '.tag': 'too_many_write_operations' },
    });
    const finish = (which: readonly number[]) =>
      rpc('files/upload_session/finish_batch_v2', {
        entries: which.map((index) => ({
          cursor: { session_id: ids[index], offset: 3 },
          commit: { path: `/${index}` },
        })),
      });
    const busy = { '.tag': 'failure', failure: { '.tag': 'too_many_write_operations' } };
    expect((await finish([0, 1, 2])).json.entries).toEqual([
      busy,
      expect.objectContaining({ '.tag': 'success' }),
      busy,
    ]);
    expect((await finish([0, 2])).json.entries.map((entry: { '.tag': string }) => entry['.tag'])).toEqual([
      'success',
      'success',
    ]);
    expect(emulator.files.list().map((entry) => entry.path)).toEqual(['/0', '/1', '/2']);
  });
});

describe('an append that breaks off', () => {
  it.each([
    ['keepsNothing', 0],
    ['keepsReceived', 2500],
  ] as const)('%s', async (cutAppend, kept) => {
    const { send, emulator } = await start({ behaviour: { cutAppend } });
    const { session_id } = (await send('files/upload_session/start', {}, '')).json as { session_id: string };
    const bytes = Buffer.from(Array.from({ length: 8000 }, (_, index) => index % 251));
    const append = (offset: number, body: Buffer) =>
      send('files/upload_session/append_v2', { cursor: { session_id, offset } }, body);
    emulator.faults.inject({ kind: 'reset', afterBytes: 2500 });
    expect(await codeOf(append(0, bytes))).toMatch(/ECONNRESET|EPIPE/);
    while (emulator.requests.running > 0) await new Promise(setImmediate);
    const probe = await append(1, Buffer.from('x'));
    expect(tagsOf(probe)).toBe('409 incorrect_offset');
    expect(probe.json.error.correct_offset).toBe(kept);
    expect((await append(kept, bytes.subarray(kept))).status).toBe(200);
    const done = await send(
      'files/upload_session/finish',
      { cursor: { session_id, offset: 8000 }, commit: { path: '/a' } },
      '',
    );
    expect(done.status).toBe(200);
    expect(await emulator.files.read('/a')).toEqual(bytes);
  });

  it('and whose repetition overtakes it ends in one file, whole', async () => {
    const { send, emulator } = await start();
    const { session_id } = (await send('files/upload_session/start', {}, '')).json as { session_id: string };
    const bytes = Buffer.alloc(500_000, 'ab');
    const append = () => send('files/upload_session/append_v2', { cursor: { session_id, offset: 0 } }, bytes);
    emulator.faults.inject({ kind: 'stall', afterBytes: 300_000 });
    const stalled = codeOf(append());
    while (emulator.requests.bytesIn < 300_000) await new Promise(setImmediate);
    expect((await append()).status).toBe(200);
    expect(await stalled).toMatch(/ECONNRESET|EPIPE|socket hang up/);
    const done = await send(
      'files/upload_session/finish',
      { cursor: { session_id, offset: 500_000 }, commit: { path: '/a' } },
      '',
    );
    expect(done.status).toBe(200);
    expect((await emulator.files.read('/a')).equals(bytes)).toBe(true);
  });
});
