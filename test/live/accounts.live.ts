import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { bytesSource } from '../../shared/drive/source.ts';
import { type Drive, type EntryRef, joinPath, readBytes } from '../../shared/index.ts';
import { createDeliveryJournal } from '../../shared/report/content/delivery.ts';
import { type Attachment, newReport } from '../../shared/report/model/report.ts';
import { createReportId } from '../../shared/report/model/reportId.ts';
import { createMemoryState, digestsOf, submit } from '../../shared/testing.ts';
import { driveSuite } from '../conformance/driveSuite.ts';
import { seededBytes } from '../support/seeded.ts';
import { liveAccounts, openPlace } from './accounts.ts';

for (const account of liveAccounts(process.env)) {
  driveSuite(`${account.name} live`, async () => {
    const { remove, ...place } = await openPlace(account);
    return { ...place, close: remove };
  });

  describe(`a report to ${account.name}`, () => {
    let drive: Drive;
    let root: EntryRef;
    let remove: () => Promise<void>;
    beforeAll(async () => {
      ({ drive, root, remove } = await openPlace(account));
    });
    afterAll(() => remove());

    test('arrives whole: description, attachments small and large, manifest', { timeout: 600_000 }, async () => {
      const contents = [seededBytes(20_000, 'photo'), seededBytes(12_000_000, 'video')];
      const attachments = contents.map(
        (bytes, index): Attachment => ({
          id: `a${index}`,
          name: `attachment ${index}.bin`,
          mediaType: 'application/octet-stream',
          size: bytes.length,
          source: { kind: 'live', index },
          fingerprint: `bytes:${bytes.length}`,
        }),
      );
      const report = newReport(
        { title: 'Flood', description: 'Water rose by 2 m.', attachments },
        { id: createReportId(nodeClock.now()), connection: 'live', now: nodeClock.now() },
      );
      const state = createMemoryState();
      const journal = createDeliveryJournal(state, report.id, (changes) => state.commit(changes));
      const sources = {
        open: async ({ source }: Attachment) => bytesSource(contents[Number(source['index'])] as Uint8Array),
      };
      await submit({ report, drive, root, sources, journal, clock: nodeClock });
      const folder = joinPath(root.path, 'Flood');
      for (const [index, bytes] of contents.entries()) {
        const arrived = await readBytes(drive.read({ path: joinPath(folder, `attachment ${index}.bin`) }), 2 ** 25);
        expect(digestsOf(arrived)).toEqual(digestsOf(bytes));
      }
      expect((await drive.stat({ path: joinPath(folder, 'description.txt') }))?.type).toBe('file');
      expect((await drive.stat({ path: joinPath(folder, 'dossier.json') }))?.type).toBe('file');
    });
  });
}
