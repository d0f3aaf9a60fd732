import {
  type Clock,
  type Connection,
  type Copies,
  createCopies,
  createDriveState,
  createStoreCipher,
  createVault,
  type DossierKey,
  type Drive,
  type DrivePath,
  isDossierError,
  parentOf,
  parseKey,
  rootPath,
  type StateStore,
  type StoreFolders,
  storeFolders,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { VaultKeeper } from './vaultKeeper.ts';

/** What is kept, encrypted, on the drive of a connection, shared with n8n and with other computers. */
export interface DriveStore {
  readonly key: DossierKey;
  readonly state: StateStore;
  /** Of attachments. */
  readonly copies: Copies;
}

/** Finds what lies on the drives of connections. One client of each store serves the whole window. */
export interface DriveStores {
  /** Asks the drive for nothing; the first use rejects with `vault-locked` when the store was made with another key. */
  open(connection: string): Promise<DriveStore>;
  /**
   * The same, only where there is one that opens with our key. Nobody else's is touched. Fails when the drive cannot be
   * asked.
   */
  find(connection: string, signal?: AbortSignal): Promise<DriveStore | undefined>;
  /**
   * Whether a key is that of the store in a folder of the drive; where there is none yet, it is begun with this key.
   * Writes and reads, as everything later will: `forbidden` when the connection may do only one of them.
   */
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
/** A record that is asked for only to open the store with the key. */
const anyKey = 'key';

interface Opened {
  readonly drive: Drive;
  readonly folders: StoreFolders;
  readonly keyText: string;
  readonly store: DriveStore;
}

export interface DriveStoresOptions {
  readonly connections: ConnectionStore;
  readonly vault: VaultKeeper;
  readonly clock: Clock;
}

export function createDriveStores({ connections, vault, clock }: DriveStoresOptions): DriveStores {
  const opened = new Map<string, Opened>();
  let last: Promise<unknown> = Promise.resolve();

  const open = async (id: string): Promise<Opened> => {
    const connection = await connections.get(id);
    const drive = await connections.open(id);
    const folders = storeFolders(storePlace(connection));
    const keyText = (await connections.secrets(id)).storeKey ?? (await vault.exportKey());
    const known = opened.get(id);
    if (known?.drive === drive && known.folders.state === folders.state && known.keyText === keyText) return known;
    void known?.store.state.close().catch(() => undefined);
    const key = parseKey(keyText);
    const opener = await createVault(key);
    const state = createDriveState({
      drive,
      folder: folders.state,
      clock,
      staleMs,
      cipher: createStoreCipher(key, opener),
    });
    const copies = createCopies({ drive, folder: folders.copies, vault: opener, clock });
    const fresh = { drive, folders, keyText, store: { key, state, copies } };
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
    open: async (id) => (await inTurn(id)).store,
    async find(id, signal) {
      const { drive, folders, store } = await inTurn(id);
      if ((await drive.stat({ path: folders.state }, { signal }))?.type !== 'folder') return undefined;
      try {
        await store.state.get(anyKey, signal);
        return store;
      } catch (error) {
        // Of somebody else, who delivers into the same folder.
        if (isDossierError(error, 'vault-locked')) return undefined;
        throw error;
      }
    },
    async accepts(id, place, key) {
      const drive = await connections.open(id);
      const parsed = parseKey(key);
      const cipher = createStoreCipher(parsed, await createVault(parsed));
      const client = () => createDriveState({ drive, folder: storeFolders(place).state, clock, cipher });
      const writer = client();
      try {
        await writer.commit([]);
        // Another one: it has nothing in memory, and must read what was written.
        await client().get(anyKey);
        return true;
      } catch (error) {
        if (isDossierError(error, 'vault-locked')) return false;
        throw error;
      } finally {
        await writer.close();
      }
    },
    async places({ id, folder }, signal) {
      const drive = await connections.open(id);
      const found: DrivePath[] = [];
      for (let place = folder; ; place = parentOf(place)) {
        if ((await drive.stat({ path: storeFolders(place).state }, { signal }))?.type === 'folder') found.push(place);
        if (place === rootPath) return found;
      }
    },
    async close() {
      // What is not given back runs out by itself in some seconds.
      await Promise.allSettled([...opened.values()].map(({ store }) => store.state.close()));
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
