import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import { bytesSource } from '../../../shared/drive/source.ts';
import { createDeliveryJournal } from '../../../shared/report/content/delivery.ts';
import { submit } from '../../../shared/report/deliver/submit.ts';
import { type Attachment, newReport } from '../../../shared/report/model/report.ts';
import { createReportId } from '../../../shared/report/model/reportId.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { createUploader } from '../../../shared/upload/uploader.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { openDropbox } from '../../support/dropbox.ts';
import { createMemoryJournal, patternBytes, patternSource } from '../../support/uploads.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

/** Some business plans count calls that carry data, and every call costs a round trip: fewer is a promise. */
describe('request budgets on Dropbox', () => {
  let emulator: DropboxEmulator;
  let drive: Drive;
  const clock = createVirtualClock({ auto: true });

  beforeAll(async () => {
    emulator = await startDropboxEmulator();
  });
  afterAll(() => emulator.close());
  beforeEach(async () => {
    drive = openDropbox(emulator, { clock });
    await drive.account();
    emulator.requests.reset();
  });

  test('a report of 100 files of 20 KB: at most 9 requests after its folder exists, the manifest included', async () => {
    const attachments = Array.from(
      { length: 100 },
      (_, index): Attachment => ({
        id: `a${index}`,
        name: `photo ${index}.jpg`,
        mediaType: 'image/jpeg',
        size: 20_000,
        source: { kind: 'test', index },
        fingerprint: `bytes:20000`,
      }),
    );
    const report = newReport(
      { title: 'Hundred', description: 'A hundred photos.', attachments },
      { id: createReportId(clock.now()), connection: 'c', now: clock.now() },
    );
    const state = createMemoryState();
    const submission = await submit({
      report,
      drive,
      root: { path: rootPath },
      sources: { open: async ({ source }) => bytesSource(patternBytes(0, 20_000, Number(source['index']))) },
      journal: createDeliveryJournal(state, report.id, (changes) => state.commit(changes)),
      clock,
    });
    expect(submission.files).toHaveLength(101);
    const { list } = emulator.requests;
    const made = list.findIndex(({ route }) => route === 'files/create_folder_v2');
    expect(list.length - made - 1).toBeLessThanOrEqual(9);
    expect(emulator.requests.count('files/upload_session/finish_batch_v2')).toBe(1);
  });

  test('200 MB: at most 32 requests, every byte once', async () => {
    const folder = await drive.createFolder({ path: rootPath }, 'Large');
    emulator.requests.reset();
    const [outcome] = await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver([
      { id: 'a', source: patternSource(200_000_000), target: { folder, name: 'video.mp4' } },
    ]);
    expect(outcome).toMatchObject({ ok: true, value: { entry: { size: 200_000_000 } } });
    expect(emulator.requests.total).toBeLessThanOrEqual(32);
    expect(emulator.requests.bytesIn).toBeLessThan(200_000_000 + 10_000);
    expect(emulator.requests.peak).toBeLessThanOrEqual(drive.capabilities.upload.connections);
  });

  test('one small file alone: one request', async () => {
    const folder = await drive.createFolder({ path: rootPath }, 'Small');
    emulator.requests.reset();
    await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver([
      { id: 'a', source: patternSource(8_000_000), target: { folder, name: 'a.bin' } },
    ]);
    expect(emulator.requests.list.map(({ route }) => route)).toEqual(['files/upload']);
  });

  test('entries that fail in a commit are committed again alone, without sending their bytes again', async () => {
    const folder = await drive.createFolder({ path: rootPath }, 'Again');
    emulator.requests.reset();
    emulator.faults.inject({
      kind: 'entries',
      indexes: [2, 5],
      error: { '.tag': 'too_many_write_operations' },
      route: 'files/upload_session/finish_batch_v2',
    });
    const outcomes = await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver(
      Array.from({ length: 10 }, (_, index) => ({
        id: `${index}`,
        source: patternSource(500, index),
        target: { folder, name: `${index}.bin` },
      })),
    );
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    const entries = emulator.requests.list
      .filter(({ route }) => route.endsWith('finish_batch_v2'))
      .map(({ argument }) => (argument as { entries: unknown[] }).entries.length);
    expect(entries).toEqual([10, 2]);
    expect(emulator.requests.count('files/upload_session/append_batch')).toBe(1);
  });

  test('100 commits whose answer was lost: 100 files, one copy each', async () => {
    const folder = await drive.createFolder({ path: rootPath }, 'Lost');
    for (let round = 0; round < 20; round++) {
      emulator.faults.inject({ kind: 'lostAnswer', route: 'files/upload_session/finish_batch_v2' });
      const outcomes = await createUploader({ drive, clock, journal: createMemoryJournal() }).deliver(
        Array.from({ length: 5 }, (_, index) => ({
          id: `${index}`,
          source: patternSource(100 + index, round),
          target: { folder, name: `${round}-${index}.bin` },
        })),
      );
      expect(outcomes.map((outcome) => outcome.ok && outcome.value.proof.method)).toEqual(Array(5).fill('server-hash'));
    }
    expect(emulator.files.list().filter(({ path, kind }) => kind === 'file' && path.startsWith('/lost/'))).toHaveLength(
      100,
    );
  });

  test('a session that expires on the way is begun anew, once, and the file arrives', async () => {
    const folder = await drive.createFolder({ path: rootPath }, 'Expired');
    let appended = 0;
    const expiring: Drive = {
      ...drive,
      append: async (pieces, context) => {
        if ((appended += 1) === 2) emulator.sessions.expireAll();
        return drive.append(pieces, context);
      },
    };
    const [outcome] = await createUploader({ drive: expiring, clock, journal: createMemoryJournal() }).deliver([
      { id: 'a', source: patternSource(20_000_000), target: { folder, name: 'a.bin' } },
    ]);
    expect(outcome).toMatchObject({ ok: true, value: { entry: { size: 20_000_000 } } });
  });

  test('another process goes on from the journal and sends only what was not acknowledged', async () => {
    const folder = await drive.createFolder({ path: rootPath }, 'Resumed');
    const stop = new AbortController();
    let acknowledged = 0;
    const stopping: Drive = {
      ...drive,
      append: async (pieces, context) => {
        const outcomes = await drive.append(pieces, context);
        if ((acknowledged += 1) === 6) stop.abort();
        return outcomes;
      },
    };
    const journal = createMemoryJournal();
    const item = { id: 'a', source: patternSource(100_000_000), target: { folder, name: 'a.bin' } };
    const [first] = await createUploader({ drive: stopping, clock, journal }).deliver([item], { signal: stop.signal });
    expect(first).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    const session = journal.records.get('a')?.session;
    const durable = new Set(session?.received);
    const chunks = Math.ceil(100_000_000 / (session?.chunkSize ?? 1));
    expect(durable.size).toBeGreaterThanOrEqual(6);
    emulator.requests.reset();
    // Told by the client and not by the server, which may read a request that the first process broke off only now.
    const sent: number[] = [];
    const next = openDropbox(emulator, { clock });
    const watched: Drive = {
      ...next,
      append(pieces, context) {
        sent.push(...pieces.map(({ index }) => index));
        return next.append(pieces, context);
      },
    };
    const [second] = await createUploader({ drive: watched, clock, journal }).deliver([item]);
    expect(second).toMatchObject({ ok: true, value: { entry: { size: 100_000_000 } } });
    expect(sent.filter((index) => durable.has(index))).toEqual([]);
    expect(new Set(sent).size).toBe(sent.length);
    // The server may hold a chunk whose answer the first process did not live to read.
    expect(sent.length).toBeLessThanOrEqual(chunks - durable.size);
    expect(sent.length).toBeGreaterThan(0);
    expect(emulator.requests.count('files/upload_session/start_batch')).toBe(0);
  });
});
