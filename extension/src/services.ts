import type { Uri } from 'vscode';
import type { Clock, FilesPort, Log } from '../../shared/index.ts';
import type { ConnectionStore } from './model/connections/connectionStore.ts';
import type { CredentialsReader } from './model/files/credentials.ts';
import type { MetadataReader } from './model/files/metadata.ts';
import type { SubmittedFile } from './model/ledger/verifyFile.ts';
import type { LinkedFolders } from './model/links/linkedFolders.ts';
import type { ReportStore } from './model/reports/reportStore.ts';
import type { Sending } from './model/reports/sending.ts';
import type { DriveStores } from './model/storage/driveStore.ts';
import type { ReportHomes } from './model/storage/reportHomes.ts';
import type { VaultKeeper } from './model/storage/vaultKeeper.ts';
import type { Problems } from './ui/problems.ts';

/** What the features share, made once in `extension.ts`. */
export interface Services {
  readonly extensionUri: Uri;
  readonly connections: ConnectionStore;
  readonly linkedFolders: LinkedFolders;
  readonly driveStores: DriveStores;
  readonly homes: ReportHomes;
  readonly reports: ReportStore;
  readonly sending: Sending;
  readonly metadata: MetadataReader;
  readonly credentials: CredentialsReader;
  readonly vault: VaultKeeper;
  readonly problems: Problems;
  readonly files: FilesPort;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs what a command does; a failure is told to the user and ends there. */
  attempt<T>(act: () => Promise<T>): Promise<T | undefined>;
  /** Whether this program reads the file itself: over a remote window it may lie on the other side. */
  isOnThisComputer(uri: Uri): boolean;
  /** Files of the submitted reports that came from this place, or else have this name. */
  submitted(path: string): Promise<readonly SubmittedFile[]>;
  /** True the first time that this is asked on this computer. */
  isFirst(occasion: string): boolean;
  /** Where the last report went: the first guess for the next one. */
  preferredConnection(): string | undefined;
  preferConnection(id: string): void;
}
