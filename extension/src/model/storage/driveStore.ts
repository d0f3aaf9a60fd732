import {
  acceptsKey,
  type Connection,
  type DossierKey,
  type Drive,
  type DrivePath,
  holdsStore,
  opens,
  openWorkspace,
  parseKey,
  storesAround,
  type Workspace,
  type WorkspaceSettings,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { VaultKeeper } from './vaultKeeper.ts';

/**
 * The workspaces on the drives of connections, shared with n8n and with other computers. One client of each serves the
 * whole window.
 */
export interface DriveStores {
  /** Asks the drive for nothing; the first use rejects with `vault-locked` when the store was made with another key. */
  open(connection: string): Promise<Workspace>;
  /** The key that the store of a connection opens with. */
  key(connection: string): Promise<DossierKey>;
  /**
   * The same, only where there is one that opens with our key. Nobody else's is touched. Fails when the drive cannot be
   * asked.
   */
  find(connection: string, signal?: AbortSignal): Promise<Workspace | undefined>;
  /** See `acceptsKey`. */
  accepts(connection: string, place: DrivePath, key: string): Promise<boolean>;
  /** Folders that hold a store, from the connection's own up to the top of the drive. */
  places(connection: Connection, signal?: AbortSignal): Promise<DrivePath[]>;
  /** Gives the stores back to others at once. */
  close(): Promise<void>;
}

/**
 * One look serves what is read together, such as a folder of files with what is recorded of each. Nobody sees so short
 * a delay.
 */
const staleMs = 250;

interface Opened {
  readonly drive: Drive;
  readonly folder: DrivePath;
  readonly keyText: string;
  readonly workspace: Workspace;
}

export interface DriveStoresOptions {
  readonly connections: ConnectionStore;
  readonly vault: VaultKeeper;
  readonly settings: WorkspaceSettings;
}

export function createDriveStores({ connections, vault, settings }: DriveStoresOptions): DriveStores {
  const opened = new Map<string, Opened>();
  let last: Promise<unknown> = Promise.resolve();

  const keyTextOf = async (id: string) => (await connections.secrets(id)).storeKey ?? (await vault.exportKey());
  const open = async (id: string): Promise<Opened> => {
    const [connection, drive] = [await connections.get(id), await connections.open(id)];
    const folder = storePlace(connection);
    const keyText = await keyTextOf(id);
    const known = opened.get(id);
    if (known?.drive === drive && known.folder === folder && known.keyText === keyText) return known;
    void known?.workspace.close().catch(() => undefined);
    const workspace = await openWorkspace({ ...settings, drive, folder, key: parseKey(keyText), staleMs });
    const fresh = { drive, folder, keyText, workspace };
    opened.set(id, fresh);
    return fresh;
  };
  /** Two who ask at once get the same client: two of them would wait for each other's holds. */
  const inTurn = (id: string): Promise<Opened> => {
    const turn = last.then(() => open(id));
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    open: async (id) => (await inTurn(id)).workspace,
    key: async (id) => parseKey(await keyTextOf(id)),
    async find(id, signal) {
      const { drive, folder, workspace } = await inTurn(id);
      if (!(await holdsStore(drive, folder, { signal }))) return undefined;
      // Another's, who delivers into the same folder, is left alone.
      return (await opens(workspace.state, signal)) ? workspace : undefined;
    },
    accepts: async (id, folder, key) =>
      acceptsKey({ drive: await connections.open(id), folder, clock: settings.clock }, parseKey(key)),
    places: async ({ id, folder }, signal) => storesAround(await connections.open(id), folder, { signal }),
    async close() {
      // What is not given back runs out by itself in some seconds.
      await Promise.allSettled([...opened.values()].map(({ workspace }) => workspace.close()));
    },
  };
}

/**
 * Where the store of a connection lies when there is one: beside its reports, unless the user has chosen another
 * folder.
 */
function storePlace({ reportsIn, folder }: Connection): DrivePath {
  return reportsIn ?? folder;
}
