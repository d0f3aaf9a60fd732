import { describe, expect, test } from 'vitest';
import { DossierError } from '../../../shared/core/errors.ts';
import { rootPath } from '../../../shared/core/paths.ts';
import type { Drive } from '../../../shared/drive/drive.ts';
import { capabilities as dropbox } from '../../../shared/drives/dropbox/capabilities.ts';
import { createMemoryDrive, createMemoryStorage } from '../../../shared/drives/memory/index.ts';
import type { DeliveryContext, UploadItem } from '../../../shared/upload/upload.ts';
import { createUploader } from '../../../shared/upload/uploader.ts';
import { createMemoryJournal, patternSource } from '../../support/uploads.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const mebibyte = 1024 * 1024;
const size = 64_000_000;
const tickMs = 50;

interface Transfer {
  left: number;
  readonly end: () => void;
}

/** A line that all connections share; `perConnection` is the most that one of them carries. Bytes a second. */
function createLine(bandwidth: number, perConnection = Infinity) {
  const clock = createVirtualClock();
  const transfers = new Set<Transfer>();
  let carried = 0;
  const carry = (bytes: number, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const transfer = { left: bytes, end: resolve };
      transfers.add(transfer);
      signal?.addEventListener('abort', () => {
        transfers.delete(transfer);
        reject(new DossierError('cancelled'));
      });
    });
  return {
    clock,
    carry,
    get carried() {
      return carried;
    },
    get connections() {
      return transfers.size;
    },
    async tick() {
      const share = (Math.min(perConnection, bandwidth / Math.max(1, transfers.size)) * tickMs) / 1000;
      for (const transfer of transfers) {
        const moved = Math.min(share, transfer.left);
        carried += moved;
        transfer.left -= moved;
        if (transfer.left > 0) continue;
        transfers.delete(transfer);
        transfer.end();
      }
      await clock.advance(tickMs);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
type Line = ReturnType<typeof createLine>;

/** Sizes and connections of Dropbox, content in memory, behind a line. */
function driveBehind(line: Line): Drive {
  const memory = createMemoryDrive(createMemoryStorage(() => line.clock.now()));
  return {
    ...memory,
    capabilities: { ...memory.capabilities, upload: dropbox.upload },
    async append(pieces, context) {
      await line.carry(
        pieces.reduce((sum, { bytes }) => sum + bytes.length, 0),
        context?.signal,
      );
      return memory.append(pieces, context);
    },
    async upload(target, bytes, digests, context) {
      await line.carry(bytes.length, context?.signal);
      return memory.upload(target, bytes, digests, context);
    },
  };
}

function video(name: string, bytes = size): UploadItem {
  return { id: name, source: patternSource(bytes), target: { folder: { path: rootPath }, name } };
}

/** Runs the line until the work has ended, and looks at it after each tick. */
async function during<T>(line: Line, work: Promise<T>, look: () => void): Promise<T> {
  let ended = false;
  const watched = work.finally(() => (ended = true));
  while (!ended) {
    await line.tick();
    look();
  }
  return watched;
}

function acknowledgedIn(journal: ReturnType<typeof createMemoryJournal>): number {
  return [...journal.records.values()].reduce((sum, { session, committed, size: bytes }) => {
    if (committed) return sum + bytes;
    return sum + Math.min(bytes, (session?.received.length ?? 0) * (session?.chunkSize ?? 0));
  }, 0);
}

describe('on a slow line', () => {
  test.each([250_000, 500_000, 1_000_000, 4_000_000, 16_000_000])(
    'what is acknowledged at %d bytes a second grows steadily, and a pause costs little',
    async (bandwidth) => {
      const line = createLine(bandwidth);
      const drive = driveBehind(line);
      const journal = createMemoryJournal();
      const uploader = createUploader({ drive, clock: line.clock, journal });
      const [stop, closing] = [new AbortController(), new AbortController()];
      const context: DeliveryContext = { signal: stop.signal, closing: closing.signal };
      let [seen, since, longest, pausedAt] = [0, line.clock.now(), 0, 0];
      await during(line, uploader.deliver([video('a')], context), () => {
        const acknowledged = acknowledgedIn(journal);
        if (acknowledged > seen) {
          longest = Math.max(longest, line.clock.now() - since);
          [seen, since] = [acknowledged, line.clock.now()];
        }
        if (line.carried < 0.73 * size) return;
        pausedAt ||= line.clock.now();
        closing.abort();
        if (line.clock.now() - pausedAt >= 5_000) stop.abort();
      });
      const acknowledged = acknowledgedIn(journal);
      // Two chunks of the smallest size to begin with, then what the line carries in four seconds, or one.
      expect(longest).toBeLessThanOrEqual(Math.max(4_500, (8 * mebibyte * 1000) / bandwidth + 500));
      expect(acknowledged).toBeGreaterThanOrEqual(0.63 * size);

      const before = line.carried;
      const [outcome] = await during(line, uploader.deliver([video('a')]), () => undefined);
      expect(outcome?.ok).toBe(true);
      expect(line.carried - before).toBeLessThanOrEqual(size - acknowledged);
      expect(line.carried).toBeLessThan(1.15 * size);
    },
  );

  test('many photos do not all travel at once', async () => {
    const line = createLine(1_000_000);
    const journal = createMemoryJournal();
    const uploader = createUploader({ drive: driveBehind(line), clock: line.clock, journal });
    const stop = new AbortController();
    const photos = Array.from({ length: 12 }, (_, index) => video(`photo ${index}`, 4_000_000));
    await during(line, uploader.deliver(photos, { signal: stop.signal }), () => {
      if (line.carried > 20_000_000) stop.abort();
    });
    expect(acknowledgedIn(journal)).toBeGreaterThanOrEqual(12_000_000);
  });
});

describe('on a fast line', () => {
  test('all connections are used soon, where each of them carries little', async () => {
    const line = createLine(Infinity, 6_000_000);
    const uploader = createUploader({ drive: driveBehind(line), clock: line.clock, journal: createMemoryJournal() });
    const started = line.clock.now();
    let most = 0;
    await during(line, uploader.deliver([video('a', 200_000_000)]), () => {
      most = Math.max(most, line.connections);
    });
    expect(most).toBe(dropbox.upload.connections);
    const best = (200_000_000 / (6_000_000 * dropbox.upload.connections)) * 1000;
    expect(line.clock.now() - started).toBeLessThan(best * 2);
  });
});
