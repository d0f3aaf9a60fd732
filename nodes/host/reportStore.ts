import { randomBytes } from 'node:crypto';
import {
  type AppendSubmission,
  type AttachmentSources,
  type AuditResult,
  auditEverything,
  type Copies,
  copyKind,
  createCopies,
  createDeliveryJournal,
  createDriveState,
  createOutbox,
  createReports,
  createStoreCipher,
  createVault,
  type DeliveryJournal,
  DossierError,
  type DossierKey,
  type EntryRef,
  findLedger,
  type Ledger,
  type LedgerPorts,
  type Outbox,
  type OutboxEvent,
  openLedger,
  parseKey,
  type RecordedReport,
  type Report,
  type Reports,
  recordReport,
  reportChange,
  rotateKeys,
  type StateStore,
  silentLog,
  sourcesByKind,
  storeFolders,
  type Timestamping,
  type Vault,
} from '../../shared/index.ts';
import { type CheckpointMemory, createCheckpointMemory } from './checkpointMemory.ts';
import { clock } from './clock.ts';
import type { OpenedConnection } from './connection.ts';
import type { NodeContext } from './context.ts';
import { placesOf } from './publishing.ts';
import { timestampingOf } from './timestamping.ts';

/** Drafts, Outbox and Submitted in a connected folder, encrypted, shared with whoever has the key. */
export interface ReportStore {
  readonly reports: Reports;
  /** Of attachments: n8n forgets its files with the execution. */
  readonly copies: Copies;
  /** Opens attachments; says of those that lie on another computer what can be done. */
  readonly sources: AttachmentSources;
  /** The ledger of the connected folder; undefined where nothing was recorded. */
  ledger(signal?: AbortSignal): Promise<Ledger | undefined>;
  /** The same, begun where there is none. */
  beginLedger(signal?: AbortSignal): Promise<Ledger>;
  /** Records what was submitted, and begins the ledger with the first. */
  readonly append: (...given: Parameters<AppendSubmission>) => Promise<RecordedReport>;
  /** Derives the ledger again, and compares it with what this workflow remembers and with what is published. */
  audit(signal?: AbortSignal): Promise<AuditResult>;
  /** Changes the ledger's keys to those of another Dossier key; what is encrypted stays so with this one. */
  changeKey(next: DossierKey, signal?: AbortSignal): Promise<Ledger>;
  /**
   * Stores a report as it is, in the state that it came to outside of the store. `revision-conflict` when it was changed
   * elsewhere.
   */
  enter(report: Report, version: number, signal?: AbortSignal): Promise<void>;
  /** How far the sending of a report has come, for those that go on with it from the store. */
  journal(report: string): DeliveryJournal;
  /** The engine that sends from the store; `root` receives the reports. Records only where that is wished. */
  outbox(root: EntryRef, given?: { onEvent?: (event: OutboxEvent) => void; record?: boolean }): Outbox;
}

export interface ReportStores {
  /** Its reads may be so many milliseconds old, see `createDriveState`; the first one to open it decides. */
  open(opened: OpenedConnection, staleMs?: number): Promise<ReportStore>;
  /** Leaves the stores to others at once. */
  close(): Promise<void>;
}

const credentialType = 'dossierKeyApi';

/** The stores of one execution: items that name the same connection share one. */
export function createReportStores(context: NodeContext): ReportStores {
  const opened = new Map<OpenedConnection, { state: StateStore; store: ReportStore }>();
  const memory = createCheckpointMemory(context);
  let unlocked: Promise<Unlocked> | undefined;
  return {
    async open(connection, staleMs = 0) {
      const known = opened.get(connection);
      if (known !== undefined) return known.store;
      const folders = storeFolders(connection.connection.folder);
      const { drive } = connection;
      const { key, ledgerKey, vault, timestamping } = await (unlocked ??= unlock(context));
      const state = createDriveState({
        drive,
        folder: folders.state,
        clock,
        staleMs,
        cipher: createStoreCipher(key, vault),
      });
      const copies = createCopies({ drive, folder: folders.copies, vault, clock });
      const ledgers = ledgersOf({ store: state, key: ledgerKey, timestamping }, memory, connection);
      const sources = sourcesByKind({ [copyKind]: copies });
      const enter: ReportStore['enter'] = async (report, version, signal) =>
        void (await state.commit([reportChange(report, version)], signal));
      const journal: ReportStore['journal'] = (report) =>
        createDeliveryJournal(state, report, (changes) => state.commit(changes));
      const outbox: ReportStore['outbox'] = (root, { onEvent, record = false } = {}) =>
        createOutbox({
          store: state,
          clock,
          log: silentLog,
          holder: `n8n ${randomBytes(8).toString('hex')}`,
          sources,
          open: async () => ({
            drive,
            root,
            encoding: connection.connection.encoding,
            ...(record ? { append: ledgers.append } : {}),
          }),
          ...(onEvent === undefined ? {} : { onEvent }),
        });
      const store: ReportStore = {
        reports: createReports(state),
        copies,
        sources,
        enter,
        journal,
        outbox,
        ...ledgers,
      };
      opened.set(connection, { state, store });
      return store;
    },
    async close() {
      // What is not given back runs out by itself in some seconds.
      for (const { state } of opened.values()) await state.close().catch(() => undefined);
    },
  };
}

/** What a store does with its ledger. */
function ledgersOf(
  { timestamping, ...given }: Pick<LedgerPorts, 'store' | 'key'> & Pick<Unlocked, 'timestamping'>,
  memory: CheckpointMemory,
  connection: OpenedConnection,
): Pick<ReportStore, 'append' | 'ledger' | 'beginLedger' | 'audit' | 'changeKey'> {
  const stamping = timestamping ? { timestamping } : {};
  const ports: LedgerPorts = { ...given, clock, random, seenElsewhere: memory.seen, ...stamping };
  const beginLedger: ReportStore['beginLedger'] = async (signal) => memory.watch(await openLedger(ports, signal));
  return {
    beginLedger,
    append: async (submission, { signal, earlier }) =>
      recordReport(await beginLedger(signal), submission, signal, earlier),
    async ledger(signal) {
      const found = await findLedger(ports, signal);
      return found && memory.watch(found);
    },
    audit: (signal) => auditEverything({ ports, open: placesOf(connection, signal), signal }),
    changeKey: async (next, signal) => memory.watch(await rotateKeys(ports, next, signal)),
  };
}

const random = (length: number) => new Uint8Array(randomBytes(length));

/** Whether the node was given a key, without which nothing is kept and nothing recorded. */
export function hasKey(context: NodeContext): boolean {
  return context.getNode().credentials?.[credentialType] !== undefined;
}

interface Unlocked {
  readonly key: DossierKey;
  /** Signs the ledger: the key that encrypts, until the ledger's keys are changed. */
  readonly ledgerKey: DossierKey;
  readonly vault: Vault;
  readonly timestamping: Timestamping | undefined;
}

async function unlock(context: NodeContext): Promise<Unlocked> {
  if (!hasKey(context)) {
    throw new DossierError(
      'vault-locked',
      'What lies in the connected folder is encrypted: choose a Dossier Key credential in this node',
    );
  }
  const credential = await context.getCredentials(credentialType);
  const key = parseKey(String(credential['secretKey'] ?? ''));
  const changed = String(credential['ledgerSecretKey'] ?? '').trim();
  return {
    key,
    ledgerKey: changed === '' ? key : parseKey(changed),
    vault: await createVault(key),
    timestamping: timestampingOf(context, credentialType, credential),
  };
}
