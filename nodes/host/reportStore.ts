import { randomBytes } from 'node:crypto';
import {
  type AppendSubmission,
  type AuditResult,
  DossierError,
  type DossierKey,
  type EntryRef,
  type Ledger,
  type Outbox,
  type OutboxEvent,
  openWorkspace,
  parseKey,
  type RecordedReport,
  type Timestamping,
  type Workspace,
} from '../../shared/index.ts';
import { createCheckpointMemory } from './checkpointMemory.ts';
import { clock } from './clock.ts';
import type { OpenedConnection } from './connection.ts';
import type { NodeContext } from './context.ts';
import { placesOf } from './publishing.ts';
import { timestampingOf } from './timestamping.ts';

/** Drafts, Outbox and Submitted in a connected folder, encrypted, shared with whoever has the key. */
export interface ReportStore extends Pick<Workspace, 'reports' | 'copies' | 'sources' | 'enter' | 'journal'> {
  /** The ledger of the connected folder; undefined where nothing was recorded. */
  ledger(signal?: AbortSignal): Promise<Ledger | undefined>;
  /** Finds out whether something could be recorded, see `WorkspaceLedger.ready`. */
  ready(signal?: AbortSignal): Promise<void>;
  /** The same, begun where there is none. */
  beginLedger(signal?: AbortSignal): Promise<Ledger>;
  /** Records what was submitted, and begins the ledger with the first. */
  readonly append: (...given: Parameters<AppendSubmission>) => Promise<RecordedReport>;
  /** Derives the ledger again, and compares it with what this workflow remembers and with what is published. */
  audit(signal?: AbortSignal): Promise<AuditResult>;
  /** Changes the ledger's keys to those of another Dossier key; what is encrypted stays so with this one. */
  changeKey(next: DossierKey, signal?: AbortSignal): Promise<Ledger>;
  /** The engine that sends from the store; `root` receives the reports. Records only where that is wished. */
  outbox(root: EntryRef, given?: OutboxGiven): Outbox;
  /** The folders of the connection's account that are linked to a ledger of the store. */
  linkedFolders(ledger: Ledger, signal?: AbortSignal): ReturnType<Workspace['linkedFolders']>;
}

export interface OutboxGiven {
  readonly onEvent?: (event: OutboxEvent) => void;
  readonly record?: boolean;
  /** Who submits the report, if the user says so. */
  readonly submittedBy?: string | undefined;
}

export interface ReportStores {
  /** Its reads may be so many milliseconds old, see `createDriveState`; the first one to open it decides. */
  open(opened: OpenedConnection, staleMs?: number): Promise<ReportStore>;
  /** Leaves the stores to others at once. */
  close(): Promise<void>;
}

const credentialType = 'dossierKeyApi';
const random = (length: number) => new Uint8Array(randomBytes(length));

/** The stores of one execution: items that name the same connection share one. */
export function createReportStores(context: NodeContext): ReportStores {
  const opened = new Map<OpenedConnection, { workspace: Workspace; store: ReportStore }>();
  const headMemory = createCheckpointMemory(context);
  let unlocked: Promise<Unlocked> | undefined;
  return {
    async open(connection, staleMs = 0) {
      const { key, ledgerKey, timestamping } = await (unlocked ??= unlock(context));
      const known = opened.get(connection);
      if (known !== undefined) return known.store;
      const workspace = await openWorkspace({
        drive: connection.drive,
        folder: connection.connection.folder,
        key,
        staleMs,
        clock,
        random,
        ledgerKeys: async () => [ledgerKey],
        headMemory,
        timestamping: async () => timestamping,
      });
      // Two items that ask at once get the same one: two of them would wait for each other's holds.
      const first = opened.get(connection)?.store;
      if (first !== undefined) return first;
      const store = storeOf(workspace, connection);
      opened.set(connection, { workspace, store });
      return store;
    },
    async close() {
      // What is not given back runs out by itself in some seconds.
      for (const { workspace } of opened.values()) await workspace.close().catch(() => undefined);
    },
  };
}

/** A workspace as an execution uses it, which has one connection. */
function storeOf(workspace: Workspace, opened: OpenedConnection): ReportStore {
  const { drive, connection } = opened;
  const { ledger, reports, copies, sources, enter, journal } = workspace;
  return {
    reports,
    copies,
    sources,
    enter,
    journal,
    ledger: ledger.find,
    ready: ledger.ready,
    beginLedger: ledger.begin,
    append: ledger.append,
    audit: (signal) => ledger.audit({ open: placesOf(opened, signal), signal }),
    changeKey: ledger.changeKey,
    linkedFolders: (found, signal) => workspace.linkedFolders(found, drive, { signal }),
    outbox: (root, { onEvent, record = false, submittedBy } = {}) =>
      workspace.outbox({
        holder: `n8n ${randomBytes(8).toString('hex')}`,
        async open(_connection, signal) {
          // What recording needs and lacks is to be known before the first byte.
          if (record) await ledger.ready(signal);
          return {
            drive,
            root,
            encoding: connection.encoding,
            ...(record ? { append: ledger.append } : {}),
            ...(submittedBy ? { submittedBy } : {}),
          };
        },
        ...(onEvent === undefined ? {} : { onEvent }),
      }),
  };
}

/** Whether the node was given a key, without which nothing is kept and nothing recorded. */
export function hasKey(context: NodeContext): boolean {
  return context.getNode().credentials?.[credentialType] !== undefined;
}

interface Unlocked {
  readonly key: DossierKey;
  /** Signs the ledger: the key that encrypts, until the ledger's keys are changed. */
  readonly ledgerKey: DossierKey;
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
    timestamping: timestampingOf(context, credentialType, credential),
  };
}
