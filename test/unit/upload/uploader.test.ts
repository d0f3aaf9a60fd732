import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../shared/core/errors.ts';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { joinPath, rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import { bytesSource } from '../../../shared/drive/source.ts';
import type { Committed, Outcome } from '../../../shared/drive/uploadSession.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import type { UploadItem, UploadProgress } from '../../../shared/upload/upload.ts';
import { createUploader } from '../../../shared/upload/uploader.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createMemoryJournal, editableSource, missingSource } from '../../support/uploads.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const clock = createVirtualClock({ auto: true });
const codes = (outcomes: readonly Outcome<unknown>[]) =>
  outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.code));

function item(name: string, bytes: Uint8Array): UploadItem {
  return { id: name, source: bytesSource(bytes), target: { folder: { path: rootPath }, name } };
}

async function stored(drive: Drive, name: string): Promise<string | undefined> {
  const path = joinPath(rootPath, name);
  if (!(await drive.stat({ path }))) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of drive.read({ path })) parts.push(part);
  return digestsOf(Buffer.concat(parts)).sha256;
}

/** A drive with some of its calls replaced. */
function altered(drive: Drive, changes: Partial<Drive>): Drive {
  return { ...drive, ...changes };
}

describe('uploader', () => {
  test('delivers files of every size, one outcome each, in order', async () => {
    const drive = createMemoryDrive();
    const sizes = [0, 1, 100, 16_384, 16_385, 70_000, 300_001, 65_536, 5];
    const files = sizes.map((size, index) => ({ name: `file ${index}`, bytes: seededBytes(size, index) }));
    const journal = createMemoryJournal();
    const outcomes = await createUploader({ drive, clock, journal }).deliver(
      files.map(({ name, bytes }) => item(name, bytes)),
    );
    expect(outcomes.map((outcome) => outcome.ok && outcome.value.entry.name)).toEqual(files.map(({ name }) => name));
    for (const { name, bytes } of files) {
      expect(await stored(drive, name)).toBe(digestsOf(bytes).sha256);
      expect(journal.records.get(name)).toMatchObject({ state: 'committed', digests: digestsOf(bytes) });
    }
  });

  test('the intent of every file is durable before any byte leaves', async () => {
    const order: string[] = [];
    const memory = createMemoryDrive();
    const drive = altered(memory, {
      startUploads: async (requests, context) => (order.push('start'), memory.startUploads(requests, context)),
      append: async (pieces, context) => (order.push('append'), memory.append(pieces, context)),
    });
    const journal = createMemoryJournal(
      async (records) => void order.push(`save ${records.map(({ state }) => state).join()}`),
    );
    await createUploader({ drive, clock, journal }).deliver([
      item('a', seededBytes(10, 1)),
      item('b', seededBytes(20, 2)),
    ]);
    expect(order.slice(0, 4)).toEqual(['save waiting,waiting', 'start', 'save sending,sending', 'append']);
    expect(order.at(-1)).toBe('save committed,committed');
  });

  test('one file that fails leaves the others alone', async () => {
    const drive = createMemoryDrive();
    await drive.upload(
      { folder: { path: rootPath }, name: 'taken' },
      seededBytes(3, 'theirs'),
      digestsOf(seededBytes(3, 'theirs')),
    );
    const items = [
      item('first', seededBytes(10, 1)),
      { ...item('gone', seededBytes(10, 2)), source: missingSource(10) },
      item('taken', seededBytes(10, 3)),
      item('last', seededBytes(100_000, 4)),
    ];
    const outcomes = await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver(items);
    expect(codes(outcomes)).toEqual(['ok', 'source-missing', 'already-exists', 'ok']);
    expect(await stored(drive, 'taken')).toBe(digestsOf(seededBytes(3, 'theirs')).sha256);
  });

  test('what concerns all files ends all at once', async () => {
    const memory = createMemoryDrive();
    let calls = 0;
    const drive = altered(memory, {
      append: async () => {
        calls += 1;
        throw new DossierError('unauthorized');
      },
    });
    const outcomes = await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver(
      Array.from({ length: 40 }, (_, index) => item(`file ${index}`, seededBytes(100_000, index))),
    );
    expect(new Set(codes(outcomes))).toEqual(new Set(['unauthorized']));
    expect(calls).toBeLessThanOrEqual(memory.capabilities.upload.connections);
  });

  test('a file that is committed is not sent again', async () => {
    const memory = createMemoryDrive();
    const journal = createMemoryJournal();
    const items = [item('a', seededBytes(10, 1)), item('b', seededBytes(100_000, 2))];
    const first = await createUploader({ drive: memory, clock, journal }).deliver(items);
    const refusing = new Proxy(memory, {
      get: (drive, key) =>
        ['kind', 'capabilities'].includes(String(key))
          ? Reflect.get(drive, key)
          : () => Promise.reject(new Error(`called ${String(key)}`)),
    });
    expect(await createUploader({ drive: refusing, clock, journal }).deliver(items)).toEqual(first);
  });

  test('the journal has one save under way at a time, and what comes meanwhile goes together', async () => {
    let underWay = 0;
    let most = 0;
    const journal = createMemoryJournal(async () => {
      most = Math.max(most, (underWay += 1));
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    });
    await createUploader({ drive: createMemoryDrive(), clock, journal }).deliver(
      Array.from({ length: 60 }, (_, index) => item(`f${index}`, seededBytes(50_000, index))),
    );
    expect(most).toBe(1);
    expect(journal.saves).toBeLessThan(240);
  });

  test('a journal that fails ends the delivery with its own error, and nothing is committed after it', async () => {
    const memory = createMemoryDrive();
    let saves = 0;
    const journal = createMemoryJournal(async () => {
      if ((saves += 1) === 3) throw new DossierError('lease-lost');
    });
    const delivery = createUploader({ drive: memory, clock, journal }).deliver([
      item('a', seededBytes(100_000, 1)),
      item('b', seededBytes(10, 2)),
    ]);
    await expect(delivery).rejects.toMatchObject({ code: 'lease-lost' });
    expect(await stored(memory, 'a')).toBeUndefined();
  });

  const edits: [string, (bytes: Uint8Array) => Uint8Array][] = [
    ['becomes shorter', (bytes) => bytes.subarray(0, 60_000)],
    ['becomes longer', (bytes) => Buffer.concat([bytes, bytes])],
    ['is edited in place', (bytes) => bytes.map((byte) => byte ^ 1)],
  ];
  test.each(
    edits.flatMap(([how, edit]) =>
      [true, false].map((direct) => [how, direct ? 'read directly' : 'streamed', edit, direct] as const),
    ),
  )(
    'a source that %s while it is sent (%s) ends in source-changed, and nothing is committed',
    async (_how, _way, edit, direct) => {
      const memory = createMemoryDrive();
      const bytes = seededBytes(100_000, 'edited');
      const source = editableSource(bytes, direct);
      let appended = 0;
      const drive = altered(memory, {
        append: async (pieces, context) => {
          if ((appended += 1) === 2) source.edit(edit(bytes));
          return memory.append(pieces, context);
        },
      });
      const journal = createMemoryJournal();
      const outcomes = await createUploader({ drive, clock, journal }).deliver([
        { ...item('edited', bytes), source },
        item('other', seededBytes(9, 9)),
      ]);
      expect(codes(outcomes)).toEqual(['source-changed', 'ok']);
      expect(await stored(memory, 'edited')).toBeUndefined();
      const again = await createUploader({ drive: memory, clock, journal }).deliver([
        { ...item('edited', bytes), source },
      ]);
      expect(codes(again)).toEqual(['source-changed']);
    },
  );

  test('cancelling ends what is under way; a later call sends only what is missing', async () => {
    const memory = createMemoryDrive();
    const stop = new AbortController();
    const sent: number[] = [];
    const counting = (limit: number) =>
      altered(memory, {
        append: async (pieces, context) => {
          const outcomes = await memory.append(pieces, context);
          sent.push(...pieces.map(({ index }) => index));
          if (sent.length === limit) stop.abort();
          return outcomes;
        },
      });
    const bytes = seededBytes(160_000, 'cancelled');
    const journal = createMemoryJournal();
    const first = await createUploader({ drive: counting(4), clock, journal }).deliver([item('a', bytes)], {
      signal: stop.signal,
    });
    expect(codes(first)).toEqual(['cancelled']);
    expect(await stored(memory, 'a')).toBeUndefined();
    const second = await createUploader({ drive: counting(Infinity), clock, journal }).deliver([item('a', bytes)]);
    expect(codes(second)).toEqual(['ok']);
    expect(await stored(memory, 'a')).toBe(digestsOf(bytes).sha256);
    const chunks = Math.ceil(bytes.length / memory.capabilities.upload.chunkSize);
    expect(new Set(sent).size).toBe(chunks);
    expect(sent.length).toBeLessThanOrEqual(chunks + memory.capabilities.upload.connections);
  });

  /** A delivery that dies as soon as the server has answered so many chunks: nothing of them is in the journal. */
  const dieAfter = async (memory: Drive, answers: number, bytes: Uint8Array) => {
    const journal = createMemoryJournal();
    let answered = 0;
    const drive = altered(memory, {
      append: async (pieces, context) => {
        if ((answered += 1) > answers) throw new DossierError('offline');
        return memory.append(pieces, context);
      },
    });
    await createUploader({
      drive,
      clock,
      journal,
      policy: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1, maxRetryAfterMs: 1 },
    }).deliver([item('a', bytes)]);
    const record = journal.records.get('a')!;
    await journal.save([{ ...record, session: { ...record.session!, received: [] } }]);
    return journal;
  };

  test.each([1, 2, 3, 4])(
    '%i chunks that were answered and not recorded are not sent again, for one question',
    async (answers) => {
      const memory = createMemoryDrive();
      const bytes = seededBytes(160_000, answers);
      const journal = await dieAfter(memory, answers, bytes);
      expect(journal.records.get('a')?.session?.received).toEqual([]);
      let questions = 0;
      const sent: number[] = [];
      const drive = altered(memory, {
        inspectUpload: async (session, context) => ((questions += 1), memory.inspectUpload(session, context)),
        append: async (pieces, context) => (
          sent.push(...pieces.map(({ index }) => index)), memory.append(pieces, context)
        ),
      });
      const progress: UploadProgress[] = [];
      expect(
        codes(
          await createUploader({ drive, clock, journal, onProgress: (event) => progress.push(event) }).deliver([
            item('a', bytes),
          ]),
        ),
      ).toEqual(['ok']);
      expect({ questions, sent: sent.length }).toEqual({ questions: 1, sent: 10 - answers });
      expect(progress[0]?.acknowledgedBytes).toBe(answers * memory.capabilities.upload.chunkSize);
      expect(await stored(memory, 'a')).toBe(digestsOf(bytes).sha256);
    },
  );

  test('nobody asks where there is nothing to go on with, and a session that is gone meanwhile is begun anew', async () => {
    const memory = createMemoryDrive();
    const bytes = seededBytes(160_000, 'gone');
    let questions = 0;
    const drive = altered(memory, {
      inspectUpload: async (session, context) => ((questions += 1), memory.inspectUpload(session, context)),
    });
    const small = Array.from({ length: 20 }, (_, index) => item(`small ${index}`, seededBytes(100, index)));
    expect(
      new Set(
        codes(
          await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver([
            item('fresh', bytes),
            ...small,
          ]),
        ),
      ),
    ).toEqual(new Set(['ok']));
    expect(questions).toBe(0);
    const journal = await dieAfter(memory, 2, bytes);
    await memory.abandonUploads([journal.records.get('a')!.session!]);
    expect(codes(await createUploader({ drive, clock, journal }).deliver([item('a', bytes)]))).toEqual(['ok']);
    expect(questions).toBe(1);
    expect(await stored(memory, 'a')).toBe(digestsOf(bytes).sha256);
  });

  test('content is held in one buffer more than there are connections, whatever the sizes', async () => {
    const memory = createMemoryDrive();
    const buffers = new Set<ArrayBufferLike>();
    const drive = altered(memory, {
      append: async (pieces, context) => {
        for (const { bytes } of pieces) buffers.add(bytes.buffer);
        await new Promise((resolve) => setImmediate(resolve));
        return memory.append(pieces, context);
      },
    });
    const sizes = [1_000_000, 400_000, 800_000, 70_000];
    await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver(
      sizes.map((size, index) => item(`f${index}`, seededBytes(size, index))),
    );
    expect(buffers.size).toBeLessThanOrEqual(memory.capabilities.upload.connections + 1);
  });

  test('the last chunk of a file leaves when all others are acknowledged', async () => {
    const memory = createMemoryDrive();
    const acknowledged = new Set<number>();
    let atLast: number | undefined;
    const count = 10;
    const drive = altered(memory, {
      append: async (pieces, context) => {
        const [piece] = pieces;
        if (piece?.index === count - 1) atLast = acknowledged.size;
        for (let turns = piece?.index === 3 ? 50 : 1; turns > 0; turns--)
          await new Promise((resolve) => setImmediate(resolve));
        const outcomes = await memory.append(pieces, context);
        for (const { index } of pieces) acknowledged.add(index);
        return outcomes;
      },
    });
    await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver([
      item('a', seededBytes(memory.capabilities.upload.chunkSize * count, 'a')),
    ]);
    expect(atLast).toBe(count - 1);
  });

  test('progress never runs backwards for acknowledged bytes and ends with the whole file', async () => {
    const events: UploadProgress[] = [];
    const bytes = seededBytes(200_000, 'progress');
    await createUploader({
      drive: createMemoryDrive(),
      clock,
      journal: createMemoryJournal(),
      onProgress: (event) => events.push(event),
    }).deliver([item('a', bytes)]);
    const acknowledged = events.map(({ acknowledgedBytes }) => acknowledgedBytes);
    expect(acknowledged).toEqual([...acknowledged].sort((a, b) => a - b));
    expect(
      events.every(({ sentBytes, acknowledgedBytes, size }) => acknowledgedBytes <= sentBytes && sentBytes <= size),
    ).toBe(true);
    expect(events.at(-1)).toEqual({
      id: 'a',
      size: 200_000,
      acknowledgedBytes: 200_000,
      sentBytes: 200_000,
      state: 'committed',
      whole: false,
    });
  });

  test('a name that is refused is tried once more in plain letters, alone and among others', async () => {
    const memory = createMemoryDrive();
    const refuse = (name: string) => {
      if (/[^\x20-\x7e]/.test(name)) throw new DossierError('invalid-path');
    };
    const drive = altered(memory, {
      upload: async (target, ...rest) => (refuse(target.name), memory.upload(target, ...rest)),
      commit: async (commits, context) =>
        Promise.all(
          commits.map(async (commit): Promise<Outcome<Committed>> => {
            try {
              refuse(commit.session.target.name);
              return (await memory.commit([commit], context))[0] as Outcome<Committed>;
            } catch (error) {
              return { ok: false, error: error as DossierError };
            }
          }),
        ),
    });
    const names = ['Été à l\u2019eau.txt', '日本語.txt', 'plain.txt'];
    const journal = createMemoryJournal();
    const together = await createUploader({ drive, clock, journal }).deliver(
      names.map((name, index) => item(name, seededBytes(10 + index, index))),
    );
    expect(together.map((outcome) => outcome.ok && outcome.value.entry.name)).toEqual([
      'Ete a leau.txt',
      'file.txt',
      'plain.txt',
    ]);
    const [alone] = await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver([
      item('Größe.txt', seededBytes(5, 5)),
    ]);
    expect(alone).toMatchObject({ ok: true, value: { entry: { name: 'Groe.txt' } } });
    const [hopeless] = await createUploader({
      drive: altered(memory, { upload: () => Promise.reject(new DossierError('invalid-path')) }),
      clock,
      journal: createMemoryJournal(),
    }).deliver([item('plain too.txt', seededBytes(5, 5))]);
    expect(codes([hopeless as Outcome<unknown>])).toEqual(['invalid-path']);
  });

  test('waits are those of the one retry loop: an asked-for wait is kept, and one that is too long is given back', async () => {
    const memory = createMemoryDrive();
    const patient = createVirtualClock({ auto: true });
    const failing = (errors: readonly DossierError[]) => {
      const left = [...errors];
      return altered(memory, {
        upload: async (...args) => {
          const error = left.shift();
          if (error) throw error;
          return memory.upload(...args);
        },
      });
    };
    const limited = (ms: number) => new DossierError('rate-limited', undefined, { retryAfterMs: ms });
    const ok = await createUploader({
      drive: failing([limited(20_000)]),
      clock: patient,
      journal: createMemoryJournal(),
    }).deliver([item('a', seededBytes(5, 1))]);
    expect(codes(ok)).toEqual(['ok']);
    expect(patient.slept).toBeGreaterThanOrEqual(20_000);
    const [given] = await createUploader({
      drive: failing([limited(9e9)]),
      clock: patient,
      journal: createMemoryJournal(),
    }).deliver([item('b', seededBytes(5, 1))]);
    expect(given).toMatchObject({ ok: false, error: { code: 'rate-limited', retryAfterMs: 9e9 } });
  });
});
