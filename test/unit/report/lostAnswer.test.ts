import { expect, test } from 'vitest';
import {
  createReportId,
  DossierError,
  type HttpPort,
  type HttpRequest,
  newReport,
  parsePath,
  sha256Hex,
} from '../../../shared/index.ts';
import { createMemoryState, createOutbox, createReports, silentLog } from '../../../shared/testing.ts';
import { openAddress } from '../../crash/killAddress.ts';
import { openPlace, type PlaceName } from '../../crash/killPlaces.ts';
import { deliveredNames } from '../../deliveredNames.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';
import { createOriginals } from './submitting.ts';

const none = new AbortController().signal;

/**
 * Requests that change something at the destination; the answer to one of them is lost after the server has done it.
 */
function isChange({ method, url }: HttpRequest): boolean {
  if (['PUT', 'MOVE', 'MKCOL'].includes(method)) return true;
  return method === 'POST' && /create_folder|upload/.test(url);
}

async function sendLosing(placeName: PlaceName, total: number): Promise<number> {
  const place = await openPlace(placeName);
  try {
    let submitted = 0;
    // Every run sends another piece of it.
    const { chunkSize } = place.address;
    const content = seededBytes(1.25 * chunkSize + total, placeName);
    for (let run = 0; run < total; run++) {
      const clock = createVirtualClock({ auto: true });
      let changes = 0;
      let lost = false;
      const losing = (port: HttpPort): HttpPort => ({
        async send(request) {
          const answer = await port.send(request);
          if (!isChange(request) || changes++ !== run % 12) return answer;
          lost = true;
          for await (const _part of answer.body);
          throw new DossierError('offline', 'The answer was lost');
        },
      });
      const drive = openAddress(place.address, { http: losing, files: (port) => port });
      const originals = createOriginals();
      const sizes = [0, 1000, chunkSize * (run % 2 ? 1.25 : 0.75)];
      const attachments = sizes.map((size, index) =>
        originals.attach(`a${index}`, `file ${index}.bin`, content.slice(run, run + size)),
      );
      const store = createMemoryState();
      const id = createReportId(run);
      await createReports(store).save(
        newReport({ title: `Report ${run}`, description: 'Water', attachments }, { id, connection: 'c', now: run }),
        0,
        run,
      );
      const root = { path: parsePath(`/${placeName}`) };
      // Waits before a repetition are over at once; the renewal of the lease, which lasts longer, never comes.
      const sleep = (ms: number, signal?: AbortSignal) => (ms > 5_000 ? abortOf(signal) : clock.sleep(ms, signal));
      const outbox = createOutbox({
        store,
        clock: { now: clock.now, sleep },
        log: silentLog,
        holder: 'w',
        sources: originals,
        open: async () => ({ drive, root }),
      });
      const report = await outbox.send(id, none);
      expect(report, `${placeName} run ${run}: ${report.interruption?.reason}`).toMatchObject({ state: 'submitted' });
      expect(lost || changes <= run % 12, `${placeName} run ${run}`).toBe(true);
      const stored = (await place.stored(root.path)).filter(
        ({ path }) => path.startsWith(`${root.path}/Report ${run}/`) || path.startsWith(`${root.path}/Report ${run} `),
      );
      expect(stored.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)).sort()).toEqual(
        deliveredNames(['file 0.bin', 'file 1.bin', 'file 2.bin']),
      );
      for (const [index, attachment] of attachments.entries()) {
        const original = originals.bytes.get(attachment.id)!;
        expect(stored.find(({ path }) => path.endsWith(`/file ${index}.bin`))?.sha256).toBe(sha256Hex(original));
      }
      submitted++;
    }
    return submitted;
  } finally {
    await place.close();
  }
}

function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal?.addEventListener('abort', () => reject(new DossierError('cancelled')), { once: true }),
  );
}

test.each([
  ['dropbox', 34],
  ['nextcloud local', 33],
  ['nextcloud s3v2', 33],
] as const)(
  '%s: whatever change loses its answer, %d of as many end submitted with one copy (F3)',
  async (place, total) => {
    expect(await sendLosing(place, total)).toBe(total);
  },
  240_000,
);
