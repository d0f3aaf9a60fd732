import type { Uri } from 'vscode';
import type { Clock, ConnectionKind, FilesPort, Log } from '../../shared/index.ts';
import type { ConnectionStore } from './connections/connectionStore.ts';
import type { DriveStores } from './host/driveStore.ts';
import type { Problems } from './host/problems.ts';
import type { VaultKeeper } from './host/vaultKeeper.ts';
import type { LinkedFolders } from './links/linkedFolders.ts';
import type { ReportHomes } from './reports/reportHomes.ts';
import type { ReportStore } from './reports/reportStore.ts';
import type { Sending } from './reports/sending.ts';

/** What the features share, made once in `extension.ts`. */
export interface Services {
  readonly extensionUri: Uri;
  readonly connections: ConnectionStore;
  readonly linkedFolders: LinkedFolders;
  readonly driveStores: DriveStores;
  readonly homes: ReportHomes;
  readonly reports: ReportStore;
  readonly sending: Sending;
  readonly vault: VaultKeeper;
  readonly problems: Problems;
  readonly files: FilesPort;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs what a command does; a failure is told to the user and ends there. */
  attempt<T>(act: () => Promise<T>): Promise<T | undefined>;
  /** What a new connection of a kind begins with. */
  connectionDefaults(kind: ConnectionKind): Readonly<Record<string, unknown>>;
  /** Where the last report went: the first guess for the next one. */
  preferredConnection(): string | undefined;
  preferConnection(id: string): void;
}
