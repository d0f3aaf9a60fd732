import type { DrivePath } from '../core/paths.ts';
import { type Clock, type Log, type RandomBytes, silentLog } from '../core/ports.ts';
import { storeFolders } from '../core/storeFolder.ts';
import type { Drive } from '../drive/drive.ts';
import { demandPermissions } from '../drive/permissions.ts';
import { createDeliveryJournal, type DeliveryJournal } from '../report/content/delivery.ts';
import type { Report } from '../report/model/report.ts';
import { createReports, type Reports, reportChange } from '../report/model/reports.ts';
import type { AttachmentSources } from '../report/model/sources.ts';
import { type Copies, copyKind, createCopies, sourcesByKind } from '../report/outbox/copies.ts';
import { createOutbox, type Outbox, type OutboxOptions } from '../report/outbox/outbox.ts';
import { createDriveState } from '../state/onDrive/index.ts';
import type { StateStore } from '../state/state.ts';
import type { DossierKey } from '../vault/key.ts';
import { createStoreCipher } from '../vault/storeCipher.ts';
import { createVault } from '../vault/vault.ts';
import { createLinkedFoldersOpener } from './linkedFolders.ts';
import { createWorkspaceLedger, type LedgerSettings, type WorkspaceLedger } from './workspaceLedger.ts';

/** Everything that belongs to one place and one key. */
export interface Workspace {
  /** All records, encrypted. */
  readonly state: StateStore;
  readonly reports: Reports;
  /** Of attachments, for those whose original may be gone, or out of reach, when the report is sent. */
  readonly copies: Copies;
  /** Opens attachments; says of those that lie on another computer what can be done. */
  readonly sources: AttachmentSources;
  readonly ledger: WorkspaceLedger;
  /**
   * Stores a report as it is, in the state that it came to outside of the store.
   *
   * @throws DossierError with `revision-conflict` when it was changed elsewhere.
   */
  enter(report: Report, version: number, signal?: AbortSignal): Promise<void>;
  /** How far the sending of a report has come, for those that go on with it from the store. */
  journal(report: string): DeliveryJournal;
  /** The engine that sends reports from the store. */
  outbox(options: WorkspaceOutboxOptions): Outbox;
  /** The folders of a drive's account that are linked to a ledger of this workspace. Asks the service who is signed in. */
  readonly linkedFolders: ReturnType<typeof createLinkedFoldersOpener>;
  /** Leaves what is held to others at once. */
  close(): Promise<void>;
}

export type WorkspaceOutboxOptions = Omit<OutboxOptions, 'store' | 'sources' | 'clock' | 'log'>;

export interface WorkspaceSettings extends LedgerSettings {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log?: Log;
  /** Attachments that only this host can open, by the kind of their reference. */
  readonly otherSources?: Readonly<Record<string, AttachmentSources>>;
}

export interface WorkspaceParts extends WorkspaceSettings {
  readonly state: StateStore;
  readonly copies: Copies;
  readonly key: () => Promise<DossierKey>;
  /** Throws `forbidden` where the place does not permit all that records need. */
  readonly demand?: (signal?: AbortSignal) => Promise<void>;
}

/** A workspace over records and copies that are opened already, or will be: asks them for nothing. */
export function createWorkspace({ state, copies, otherSources, log = silentLog, ...parts }: WorkspaceParts): Workspace {
  const { clock } = parts;
  const sources = sourcesByKind({ ...otherSources, [copyKind]: copies });
  return {
    state,
    reports: createReports(state),
    copies,
    sources,
    ledger: createWorkspaceLedger({ ...parts, store: state }),
    enter: async (report, version, signal) => void (await state.commit([reportChange(report, version)], signal)),
    journal: (report) => createDeliveryJournal(state, report, (changes) => state.commit(changes)),
    outbox: (options) => createOutbox({ ...options, store: state, sources, clock, log }),
    linkedFolders: createLinkedFoldersOpener(state, clock),
    close: () => state.close(),
  };
}

export interface WorkspaceOptions extends WorkspaceSettings {
  readonly drive: Drive;
  /** The folder that is connected: the workspace lies in `.dossier` within it. */
  readonly folder: DrivePath;
  readonly key: DossierKey;
  /** Milliseconds that reads may be old, see `createDriveState`. */
  readonly staleMs?: number;
}

/**
 * Opens the workspace in a folder of a drive, shared with whoever has the key. Asks the drive for nothing: the first use
 * rejects with `vault-locked` where it was begun with another key.
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { drive, key, clock, staleMs = 0 } = options;
  const folders = storeFolders(options.folder);
  const vault = await createVault(key);
  const cipher = createStoreCipher(key, vault);
  return createWorkspace({
    ...options,
    key: async () => key,
    state: createDriveState({ drive, folder: folders.state, clock, staleMs, cipher }),
    copies: createCopies({ drive, folder: folders.copies, vault, clock }),
    demand: (signal) => demandPermissions(drive, options.folder, options.random, { signal }),
  });
}
