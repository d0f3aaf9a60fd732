import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createContentHasher } from '../../emulators/dropbox/contentHash.ts';
import { start, type Talk, tagsOf } from './dropboxTalk.ts';

const block = 4_194_304;
const hashOf = (bytes: Buffer): string => {
  const hasher = createContentHasher();
  hasher.update(bytes);
  return hasher.end().hash;
};

const session = 'files/upload_session';
const begin = async ({ send }: Talk, argument: object = {}, body: string | Buffer = ''): Promise<string> =>
  (await send(`${session}/start`, argument, body)).json.session_id as string;
const append = ({ send }: Talk, id: string, offset: number, body: string | Buffer | Buffer[], rest: object = {}) =>
  send(`${session}/append_v2`, { cursor: { session_id: id, offset }, ...rest }, body);
const finish = (
  { send }: Talk,
  id: string,
  offset: number,
  path: string,
  body: string | Buffer | Buffer[] = '',
  rest: object = {},
) => send(`${session}/finish`, { cursor: { session_id: id, offset }, commit: { path }, ...rest }, body);
const finishBatch = ({ rpc }: Talk, entries: readonly (readonly [id: string, offset: number, path: string])[]) =>
  rpc(`${session}/finish_batch_v2`, {
    entries: entries.map(([session_id, offset, path]) => ({ cursor: { session_id, offset }, commit: { path } })),
  });

describe('sequential sessions', () => {
  it('collect a file over start, append and finish', async () => {
    const talk = await start();
    const bytes = randomBytes(block + 12_345);
    const id = await begin(talk, {}, bytes.subarray(0, 1000));
    expect((await append(talk, id, 1000, [bytes.subarray(1000, 2000), bytes.subarray(2000, 5000)])).text).toBe('null');
    expect((await append(talk, id, 5000, bytes.subarray(5000, block + 1))).status).toBe(200);
    const done = await finish(talk, id, block + 1, '/a', bytes.subarray(block + 1), {
      content_hash: hashOf(bytes.subarray(block + 1)),
    });
    expect(done.json).toMatchObject({ size: bytes.length, content_hash: hashOf(bytes) });
    expect(await talk.emulator.files.read('/a')).toEqual(bytes);
    expect(tagsOf(await finish(talk, id, bytes.length, '/b'))).toBe('409 lookup_failed/not_found');
  });

  it('tell where they stand', async () => {
    const talk = await start();
    const id = await begin(talk, {}, 'abc');
    for (const offset of [0, 2, 4]) {
      const wrong = await append(talk, id, offset, 'x');
      expect(tagsOf(wrong)).toBe('409 incorrect_offset');
      expect(wrong.json.error.correct_offset).toBe(3);
    }
    const wrong = await finish(talk, id, 1, '/a');
    expect(tagsOf(wrong)).toBe('409 lookup_failed/incorrect_offset');
    expect(wrong.json.error.lookup_failed.correct_offset).toBe(3);
    expect(tagsOf(await append(talk, 'pid_upload_session:none', 0, 'x'))).toBe('409 not_found');
  });

  it('take nothing after they are closed', async () => {
    const talk = await start();
    const id = await begin(talk, { close: true }, 'abc');
    expect(tagsOf(await append(talk, id, 3, 'x'))).toBe('409 closed');
    expect(tagsOf(await finish(talk, id, 3, '/a', 'x'))).toBe('409 lookup_failed/closed');
    expect((await finish(talk, id, 3, '/a', [])).status).toBe(200);
  });

  it('check the hash of each call and keep nothing of a wrong one', async () => {
    const talk = await start();
    const id = await begin(talk);
    const wrong = { content_hash: hashOf(Buffer.from('other')) };
    expect(tagsOf(await append(talk, id, 0, 'abcdef', wrong))).toBe('409 content_hash_mismatch');
    expect((await append(talk, id, 0, 'abc', { content_hash: hashOf(Buffer.from('abc')) })).status).toBe(200);
    expect(tagsOf(await finish(talk, id, 3, '/a', 'x', wrong))).toBe('409 content_hash_mismatch');
    expect(tagsOf(await finish(talk, id, 3, '/a', '', wrong))).toBe('409 content_hash_mismatch');
    expect((await finish(talk, id, 3, '/a', 'd')).json.content_hash).toBe(hashOf(Buffer.from('abcd')));
  });

  it('finish that fails on its path has taken the bytes', async () => {
    const talk = await start();
    await talk.upload('/taken', 'x');
    const id = await begin(talk, {}, 'abc');
    expect(tagsOf(await finish(talk, id, 3, '/taken', 'def'))).toBe('409 path/conflict/file');
    expect(tagsOf(await finish(talk, id, 3, '/free', 'def'))).toBe('409 lookup_failed/incorrect_offset');
    expect((await finish(talk, id, 6, '/free')).json.size).toBe(6);
  });

  it('die after seven days, and when told to', async () => {
    const talk = await start();
    const id = await begin(talk, {}, 'abc');
    talk.emulator.clock.advance(7 * 86_400_000 - 60_000);
    expect((await append(talk, id, 3, 'd')).status).toBe(200);
    talk.emulator.clock.advance(60_000);
    expect(tagsOf(await append(talk, id, 4, 'e'))).toBe('409 not_found');
    const other = await begin(talk);
    talk.emulator.sessions.expireAll();
    expect(tagsOf(await append(talk, other, 0, 'e'))).toBe('409 not_found');
  });

  it.each([
    ['notFound', '409 lookup_failed/not_found'],
    ['commitAgain', 'summary undefined'],
  ] as const)('finished twice: %s', async (finishedSession, outcome) => {
    const talk = await start({ behaviour: { finishedSession } });
    const id = await begin(talk, {}, 'abc');
    await finish(talk, id, 3, '/a');
    expect(tagsOf(await finish(talk, id, 3, '/a'))).toBe(outcome);
  });

  it('hold no more than the limit of a file, nor of a request', async () => {
    const talk = await start({ limits: { fileBytes: 10, requestBytes: 8 } });
    const id = await begin(talk, {}, '12345678');
    expect(tagsOf(await append(talk, id, 8, '123'))).toBe('409 too_large');
    expect(tagsOf(await append(talk, id, 8, [Buffer.from('123')]))).toBe('409 too_large');
    expect(tagsOf(await append(talk, id, 8, [Buffer.from('123456789')]))).toBe('409 payload_too_large');
    expect((await append(talk, id, 8, '12')).status).toBe(200);
  });
});

describe('concurrent sessions', () => {
  const bytes = randomBytes(3 * block + 5);
  const part = (index: number): Buffer => bytes.subarray(index * block, (index + 1) * block);
  const concurrent = { session_type: 'concurrent' };

  it('take blocks in any order and at the same time', async () => {
    const talk = await start();
    const id = await begin(talk, concurrent);
    const replies = await Promise.all(
      [2, 0, 1].map((index) => append(talk, id, index * block, part(index), { content_hash: hashOf(part(index)) })),
    );
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200]);
    expect((await append(talk, id, 3 * block, part(3), { close: true })).status).toBe(200);
    expect((await finish(talk, id, bytes.length, '/big')).json.content_hash).toBe(hashOf(bytes));
    expect(await talk.emulator.files.read('/big')).toEqual(bytes);
  });

  it('keep their rules with their own tags', async () => {
    const talk = await start();
    expect(tagsOf(await talk.send(`${session}/start`, concurrent, 'x'))).toBe(
      '409 concurrent_session_data_not_allowed',
    );
    expect(tagsOf(await talk.send(`${session}/start`, { ...concurrent, close: true }, ''))).toBe(
      '409 concurrent_session_close_not_allowed',
    );
    const id = await begin(talk, concurrent);
    expect(tagsOf(await append(talk, id, 5, part(0)))).toBe('409 concurrent_session_invalid_offset');
    expect(tagsOf(await append(talk, id, 0, 'short'))).toBe('409 concurrent_session_invalid_data_size');
    expect(tagsOf(await append(talk, id, 0, [Buffer.from('short')]))).toBe('409 concurrent_session_invalid_data_size');
    expect(tagsOf(await finish(talk, id, 0, '/a', 'x'))).toBe('409 concurrent_session_data_not_allowed');
    expect(tagsOf(await finish(talk, id, 0, '/a'))).toBe('409 concurrent_session_not_closed');
    await append(talk, id, block, part(1));
    await append(talk, id, 2 * block, 'tail', { close: true });
    expect(tagsOf(await finish(talk, id, 2 * block + 4, '/a'))).toBe('409 concurrent_session_missing_data');
    expect(tagsOf(await append(talk, id, 0, part(0)))).toBe('409 closed');
  });

  it('may take what comes after the closing chunk', async () => {
    const talk = await start({ behaviour: { appendAfterClose: 'accept' } });
    const id = await begin(talk, concurrent);
    await append(talk, id, block, 'tail', { close: true });
    expect((await append(talk, id, 0, part(0))).status).toBe(200);
    expect(tagsOf(await finish(talk, id, 7, '/a'))).toBe('409 lookup_failed/incorrect_offset');
    expect((await finish(talk, id, block + 4, '/a')).json.content_hash).toBe(
      hashOf(Buffer.concat([part(0), Buffer.from('tail')])),
    );
  });
});

describe('batches', () => {
  const startMany = async ({ rpc }: Talk, count: number, type = 'sequential'): Promise<string[]> =>
    (await rpc(`${session}/start_batch`, { num_sessions: count, session_type: type })).json.session_ids as string[];
  const appendBatch = ({ send }: Talk, ids: readonly string[], bodies: readonly Buffer[], rest: object = {}) =>
    send(
      `${session}/append_batch`,
      {
        entries: ids.map((session_id, index) => ({
          cursor: { session_id, offset: 0 },
          length: bodies[index]!.length,
          close: true,
        })),
        ...rest,
      },
      Buffer.concat(bodies),
    );

  it('bring many files in three calls', async () => {
    const talk = await start();
    const bodies = Array.from({ length: 40 }, (_, index) => randomBytes(index * 31));
    const ids = await startMany(talk, 40);
    const appended = await appendBatch(talk, ids, bodies, { content_hash: hashOf(Buffer.concat(bodies)) });
    expect(appended.json.entries).toEqual(bodies.map(() => ({ '.tag': 'success' })));
    const done = await finishBatch(
      talk,
      ids.map((id, index) => [id, bodies[index]!.length, `/R/${index}`]),
    );
    expect(done.json.entries).toEqual(
      bodies.map((body) => expect.objectContaining({ '.tag': 'success', content_hash: hashOf(body) })),
    );
    expect(talk.emulator.requests.total).toBe(3);
    expect(await talk.emulator.files.read('/R/39')).toEqual(bodies[39]);
  });

  it('fail as a whole on a wrong hash or length, and keep nothing', async () => {
    const talk = await start();
    const [id = ''] = await startMany(talk, 1);
    const entries = [{ cursor: { session_id: id, offset: 0 }, length: 3, close: true }];
    const send = (body: string, rest: object = {}) => talk.send(`${session}/append_batch`, { entries, ...rest }, body);
    expect(tagsOf(await send('abcd'))).toBe('409 length_mismatch');
    expect(tagsOf(await send('ab'))).toBe('409 length_mismatch');
    expect(tagsOf(await send('abc', { content_hash: hashOf(Buffer.from('xyz')) }))).toBe('409 content_hash_mismatch');
    expect((await send('abc')).json.entries).toEqual([{ '.tag': 'success' }]);
  });

  it('fail entry by entry otherwise', async () => {
    const talk = await start();
    const [one = '', two = ''] = await startMany(talk, 2);
    const entries = [
      { cursor: { session_id: one, offset: 0 }, length: 2 },
      { cursor: { session_id: two, offset: 9 }, length: 2 },
      { cursor: { session_id: 'pid_upload_session:none', offset: 0 }, length: 1 },
      { cursor: { session_id: one, offset: 2 }, length: 2, close: true },
    ];
    const appended = await talk.send(`${session}/append_batch`, { entries }, 'abXXYcd');
    expect(appended.json.entries).toEqual([
      { '.tag': 'success' },
      { '.tag': 'failure', failure: { '.tag': 'incorrect_offset', correct_offset: 0 } },
      { '.tag': 'failure', failure: { '.tag': 'not_found' } },
      { '.tag': 'success' },
    ]);
    await talk.upload('/taken', 'x');
    const closed = await begin(talk, { close: true }, 'yes');
    const done = await finishBatch(talk, [
      [one, 4, '/one'],
      [two, 0, '/two'],
      [closed, 3, '/taken'],
      ['gone', 0, '/x'],
    ]);
    expect(done.json.entries).toEqual([
      expect.objectContaining({ '.tag': 'success', name: 'one', size: 4 }),
      { '.tag': 'failure', failure: { '.tag': 'lookup_failed', lookup_failed: { '.tag': 'not_closed' } } },
      { '.tag': 'failure', failure: { '.tag': 'path', path: { '.tag': 'conflict', conflict: { '.tag': 'file' } } } },
      { '.tag': 'failure', failure: { '.tag': 'lookup_failed', lookup_failed: { '.tag': 'not_found' } } },
    ]);
    expect((await talk.emulator.files.read('/one')).toString()).toBe('abcd');
  });

  it('take a thousand entries and no more', async () => {
    const talk = await start({ limits: { header: { bytes: 1_000_000, status: 431 } } });
    expect((await talk.rpc(`${session}/start_batch`, { num_sessions: 1001 })).status).toBe(400);
    const ids = await startMany(talk, 1000);
    const bodies = ids.map((_, index) => Buffer.from(String(index)));
    await appendBatch(talk, ids, bodies);
    const done = await finishBatch(
      talk,
      ids.map((id, index) => [id, bodies[index]!.length, `/R/${index}`]),
    );
    expect(done.json.entries.every((entry: { '.tag': string }) => entry['.tag'] === 'success')).toBe(true);
    expect(
      (
        await finishBatch(
          talk,
          [...ids, 'more'].map((id) => [id, 0, '/x']),
        )
      ).status,
    ).toBe(400);
  });

  it('carry concurrent sessions as well', async () => {
    const talk = await start();
    const [id = ''] = await startMany(talk, 1, 'concurrent');
    const bytes = randomBytes(block + 9);
    const entries = [
      { cursor: { session_id: id, offset: 0 }, length: block },
      { cursor: { session_id: id, offset: block }, length: 9, close: true },
    ];
    await talk.send(`${session}/append_batch`, { entries }, bytes);
    const done = await finishBatch(talk, [[id, bytes.length, '/c']]);
    expect(done.json.entries[0]).toMatchObject({ '.tag': 'success', content_hash: hashOf(bytes) });
  });
});
