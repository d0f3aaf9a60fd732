import {
  type Clock,
  createReportId,
  type Drive,
  newReport,
  type Outbox,
  type OutboxEvent,
  type Report,
  type Reports,
  type StateStore,
} from '../../../shared/index.ts';
import {
  createMemoryDrive,
  createMemoryState,
  createMemoryStorage,
  createOutbox,
  createReports,
  type MemoryStorage,
  type ReportDestination,
  silentLog,
} from '../../../shared/testing.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtualClock.ts';
import { createOriginals, type Originals, root } from './submitting.ts';

export interface Window {
  readonly outbox: Outbox;
  readonly events: OutboxEvent[];
  /** Requests with content that this window's drive was given. */
  readonly sent: string[];
}

export interface OutboxScene {
  readonly clock: VirtualClock;
  readonly storage: MemoryStorage;
  /** Without faults, for looking. */
  readonly drive: Drive;
  readonly store: StateStore;
  readonly reports: Reports;
  readonly originals: Originals;
  draft(title?: string, connection?: string): Promise<Report>;
  /** A window or worker of its own. */
  window(options?: {
    drive?: (drive: Drive) => Drive;
    automatic?: boolean;
    clock?: Clock;
    store?: StateStore;
    open?: (usual: ReportDestination) => Promise<ReportDestination>;
  }): Window;
  state(id: string): Promise<string | undefined>;
}

export const leaseMs = 60_000;

export function createOutboxScene(): OutboxScene {
  const clock = createVirtualClock();
  const storage = createMemoryStorage(() => clock.now());
  const drive = createMemoryDrive(storage);
  const store = createMemoryState();
  const reports = createReports(store);
  const originals = createOriginals();
  let windows = 0;
  let drafts = 0;
  return {
    clock,
    storage,
    drive,
    store,
    reports,
    originals,
    async draft(title = 'Flood', connection = 'c') {
      const number = drafts++;
      const content = [0, 25_000, 90_000].map((size, index) =>
        originals.attach(`r${number}a${index}`, `file ${index}.bin`, seededBytes(size, `${number} ${index}`)),
      );
      const report = newReport(
        { title, attachments: content },
        { id: createReportId(clock.now() + number), connection, now: clock.now() + number },
      );
      return (await reports.save(report, 0, clock.now() + number)).report;
    },
    window(options = {}) {
      const events: OutboxEvent[] = [];
      const sent: string[] = [];
      const counted: Drive = {
        ...drive,
        upload: (target, ...rest) => {
          sent.push(target.name);
          return drive.upload(target, ...rest);
        },
        append: (pieces, context) => {
          sent.push(...pieces.map(({ session, index }) => `${session.target.name}#${index}`));
          return drive.append(pieces, context);
        },
      };
      const used = options.drive ? options.drive(counted) : counted;
      const outbox = createOutbox({
        store: options.store ?? store,
        clock: options.clock ?? clock,
        log: silentLog,
        holder: `window ${windows++}`,
        sources: originals,
        open: async () => (options.open ?? (async (usual) => usual))({ drive: used, root }),
        leaseMs,
        automatic: () => options.automatic ?? false,
        onEvent: (event) => events.push(event),
      });
      return { outbox, events, sent };
    },
    state: async (id) => (await reports.get(id))?.report.state,
  };
}

/** A point that work reaches and waits at until it is let through. */
export function createGate(): { readonly reached: Promise<void>; pass(): Promise<void>; open(): void } {
  let arrive: () => void = () => undefined;
  let open: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return {
    reached,
    open,
    pass() {
      arrive();
      return opened;
    },
  };
}

/** Lets everything that can go on go on. */
export async function settled(turns = 50): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
