import * as vscode from 'vscode';
import {
  assetId,
  type LinkedFolders as Bound,
  type EntryRef,
  type FileEntry,
  type HashPolicy,
  type Ledger,
  type Link,
  type Privacy,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import type { LinkMarks } from './linkMarks.ts';
import { brief } from './patience.ts';

/** What the ledger knows of a file as it is now. */
export type FileState =
  | { readonly state: 'recorded' | 'changed'; readonly version: number }
  /** Not recorded yet. */
  | { readonly state: 'new' };

export interface LinkWay {
  readonly hashPolicy: HashPolicy;
  readonly privacy: Privacy;
}

/**
 * The folders of each connection's account that are linked to the ledger of its reports. Kept beside that ledger, for
 * all who use it.
 */
export interface LinkedFolders extends vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  within<T>(connection: string, act: (bound: Bound) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Remembered until something changes it, or somebody else may have. */
  list(connection: string, signal?: AbortSignal): Promise<readonly Link[]>;
  /**
   * Those that were linked through this connection, and not by somebody else who uses the account. Asks nobody where
   * none ever were.
   */
  listOwn(connection: string): Promise<readonly Link[]>;
  /** As they are now. */
  reload(connection: string, signal?: AbortSignal): Promise<readonly Link[]>;
  /** What was remembered counts no more. */
  refresh(): void;
  states(connection: string, link: Link, files: readonly FileEntry[]): Promise<readonly FileState[]>;
  link(connection: string, folder: EntryRef, way: LinkWay): Promise<Link>;
  unlink(connection: string, links: readonly Link[]): Promise<void>;
}

export interface LinkedFoldersOptions {
  readonly connections: ConnectionStore;
  readonly ledgers: Ledgers;
  readonly marks: LinkMarks;
}

export function createLinkedFolders({ connections, ledgers, marks }: LinkedFoldersOptions): LinkedFolders {
  const changed = new vscode.EventEmitter<void>();
  const known = new Map<string, Promise<readonly Link[]>>();

  const read = (connection: string, signal?: AbortSignal): Promise<readonly Link[]> =>
    folders.within(
      connection,
      async (bound) => {
        const found = await bound.list();
        await marks.set(connection, found.length > 0);
        return found;
      },
      signal,
    );
  const change = <T>(connection: string, act: (bound: Bound) => Promise<T>): Promise<T> =>
    folders.within(connection, act).finally(() => {
      known.delete(connection);
      changed.fire();
    });

  const folders: LinkedFolders = {
    onDidChange: changed.event,
    dispose: () => changed.dispose(),
    async within(connection, act, signal) {
      const drive = await connections.open(connection);
      return ledgers.within(
        connection,
        async (ledger, workspace) => act(await workspace.linkedFolders(ledger, drive, { signal, policy: brief })),
        signal,
      );
    },
    list: (connection, signal) => known.get(connection) ?? folders.reload(connection, signal),
    async listOwn(connection) {
      const isMarked = (await marks.list()).some((mark) => mark.connection === connection);
      return isMarked ? (await folders.reload(connection)).filter((link) => link.connection === connection) : [];
    },
    reload(connection, signal) {
      const reading = read(connection, signal);
      known.set(connection, reading);
      reading.catch(() => known.delete(connection));
      return reading;
    },
    refresh() {
      known.clear();
      changed.fire();
    },
    states: (connection, link, files) => folders.within(connection, (bound) => statesOf(bound, link, files)),
    link: (connection, folder, way) =>
      change(connection, async (bound) => {
        const link = await bound.link({ connection, folder, ...way });
        await marks.set(connection, true);
        // Should its first scan be cut off, the next start goes on with it at once.
        await marks.scanned(connection, 0);
        return link;
      }),
    unlink: (connection, ended) =>
      change(connection, async (bound) => {
        for (const link of ended) await bound.unlink(link);
        await marks.set(connection, (await bound.list()).length > 0);
      }),
  };
  return folders;
}

function statesOf({ ledger, links }: Bound, link: Link, files: readonly FileEntry[]): Promise<readonly FileState[]> {
  const stateOf = async (file: FileEntry): Promise<FileState> => {
    const asset = assetOf(ledger, link, file);
    const [stored, recorded] = await Promise.all([links.file(link, asset), ledger.log.asset(asset)]);
    if (!stored?.live || !recorded) return { state: 'new' };
    const isSame =
      stored.revision === file.revision ||
      (file.digest !== undefined && stored.digests.dropboxContentHash === file.digest);
    return { state: isSame ? 'recorded' : 'changed', version: recorded.version };
  };
  return Promise.all(files.map(stateOf));
}

/** The same file has the same asset under whatever name it lies there. */
export function assetOf(
  { assetKey }: Ledger,
  { kind, account }: Pick<Link, 'kind' | 'account'>,
  file: FileEntry,
): string {
  return assetId(assetKey, { kind, account, file: file.id ?? file.path });
}

/** Whether this is the folder of that link: by its id, or by its path where it has none. */
export function isFolderOf({ folder }: Link, { id, path }: EntryRef): boolean {
  return folder.id === undefined ? folder.path === path : folder.id === id;
}
