import {
  type Attachment,
  type ByteSource,
  bytesSource,
  type Clock,
  createReportId,
  DossierError,
  type Drive,
  type Entry,
  fromUtf8,
  joinPath,
  newReport,
  parsePath,
  type Report,
  readBytes,
  type StateStore,
  say,
} from '../../../shared/index.ts';
import type { SubmitOrder } from '../../../shared/report/deliver/submitOrder.ts';
import {
  createDeliveryJournal,
  createMemoryDrive,
  createMemoryState,
  createMemoryStorage,
  type MemoryStorage,
} from '../../../shared/testing.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

/** Originals in memory that a test can change and take away. */
export interface Originals {
  readonly bytes: Map<string, Uint8Array>;
  attach(id: string, name: string, bytes: Uint8Array): Attachment;
  open(attachment: Attachment): Promise<ByteSource>;
}

export function createOriginals(): Originals {
  const bytes = new Map<string, Uint8Array>();
  const fingerprintOf = (content: Uint8Array) => `${content.length}:${content[0] ?? ''}`;
  return {
    bytes,
    attach(id, name, content) {
      bytes.set(id, content);
      return {
        id,
        name,
        mediaType: 'application/octet-stream',
        size: content.length,
        source: { kind: 'test', id },
        fingerprint: fingerprintOf(content),
      };
    },
    async open(attachment) {
      const id = String(attachment.source.id);
      const content = bytes.get(id);
      if (!content) throw new DossierError('source-missing', say`"${attachment.name}" is gone`);
      return { ...bytesSource(content), fingerprint: async () => fingerprintOf(bytes.get(id) ?? new Uint8Array()) };
    },
  };
}

export interface Scene {
  readonly storage: MemoryStorage;
  readonly drive: Drive;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly originals: Originals;
  readonly report: Report;
  order(more?: Partial<SubmitOrder>): SubmitOrder;
}

export const root = { path: parsePath('/Reports') };

/** A three-file report, and everything that is needed to send it into memory. */
export function createScene(content: { title?: string; description?: string; names?: readonly string[] } = {}): Scene {
  const clock = createVirtualClock({ auto: true });
  const storage = createMemoryStorage(() => clock.now());
  const drive = createMemoryDrive(storage);
  const state = createMemoryState();
  const originals = createOriginals();
  const names = content.names ?? ['empty.txt', 'photo.jpg', 'video.mp4'];
  const attachments = names.map((name, index) =>
    originals.attach(`a${index}`, name, seededBytes([0, 1000, 70_000][index % 3]!, `${name} ${index}`)),
  );
  const given = {
    title: content.title ?? 'Flood at the mill',
    description: content.description ?? 'Water rose by 2 m.',
    attachments,
  };
  const report = newReport(given, { id: createReportId(clock.now()), connection: 'c', now: clock.now() });
  const journal = () => createDeliveryJournal(state, report.id, (changes) => state.commit(changes));
  return {
    storage,
    drive,
    state,
    clock,
    originals,
    report,
    order: (more = {}) => ({ report, drive, root, sources: originals, journal: journal(), clock, ...more }),
  };
}

export async function listing(drive: Drive, path = '/Reports'): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const page of drive.list({ path: parsePath(path) }, { recursive: true })) entries.push(...page);
  return entries;
}

export async function paths(drive: Drive, path = '/Reports'): Promise<string[]> {
  return (await listing(drive, path)).map((entry) => entry.path).sort();
}

export const contentOf = (drive: Drive, folder: string, name: string): Promise<Uint8Array> =>
  readBytes(drive.read({ path: joinPath(parsePath(folder), name) }), 2 ** 26);

export const textOf = async (drive: Drive, folder: string, name: string): Promise<string> =>
  fromUtf8(await contentOf(drive, folder, name));
