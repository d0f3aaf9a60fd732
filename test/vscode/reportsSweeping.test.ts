import { expect, test } from 'vitest';
import { sweepLater } from '../../extension/src/model/reports/sweeping.ts';
import type { ReportHome } from '../../extension/src/model/storage/reportHomes.ts';
import {
  type Attachment,
  bytesSource,
  createKey,
  createReportId,
  createVault,
  newReport,
  parseKey,
  parsePath,
  reportKey,
  utf8,
} from '../../shared/index.ts';
import {
  createCopies,
  createMemoryDrive,
  createMemoryState,
  createMemoryStorage,
  createReports,
  silentLog,
} from '../../shared/testing.ts';
import { seededBytes } from '../support/seeded.ts';
import { createVirtualClock } from '../support/virtualClock.ts';

const dayMs = 24 * 60 * 60_000;

async function scene() {
  const clock = createVirtualClock({ auto: true });
  const drive = createMemoryDrive(createMemoryStorage(() => clock.now()));
  const state = createMemoryState();
  const copies = createCopies({
    drive,
    folder: parsePath('/copies'),
    vault: await createVault(parseKey(createKey())),
    clock,
  });
  const reports = createReports(state);
  const outbox = () => expect.unreachable();
  const here: ReportHome = { id: '', state, reports, copies, sources: copies, outbox, own: (report) => report };
  const copy = async (name: string): Promise<Attachment> => ({
    id: name,
    name,
    mediaType: 'text/plain',
    ...(await copies.keep(bytesSource(seededBytes(100, name)))),
  });
  const sweep = () =>
    sweepLater(
      { here, of: () => here, byId: () => here, away: async () => [] },
      clock,
      silentLog,
      new AbortController().signal,
    );
  const isThere = (attachment: Attachment) =>
    copies.open(attachment).then(
      () => true,
      () => false,
    );
  return { clock, state, reports, copy, sweep, isThere };
}

test('copies that no report refers to are swept when they are a day old, some time after the start', async () => {
  const { clock, reports, copy, sweep, isThere } = await scene();
  const [used, left] = [await copy('used'), await copy('left over')];
  const now = clock.now();
  await reports.save(
    newReport({ title: 'A', description: '', attachments: [used] }, { id: createReportId(now), connection: 'c', now }),
    0,
    now,
  );
  await clock.advance(dayMs);
  const fresh = await copy('fresh');
  const started = clock.now();
  await sweep();
  expect(clock.now() - started).toBeGreaterThanOrEqual(60_000);
  expect([await isThere(used), await isThere(left), await isThere(fresh)]).toEqual([true, false, true]);
});

test('nothing is swept while a report cannot be read: it may refer to any copy', async () => {
  const { clock, state, copy, sweep, isThere } = await scene();
  const perhaps = await copy('perhaps');
  await state.commit([{ key: reportKey(createReportId(clock.now())), value: utf8('{"torn'), expectedVersion: 0 }]);
  await clock.advance(2 * dayMs);
  await sweep();
  expect(await isThere(perhaps)).toBe(true);
});
