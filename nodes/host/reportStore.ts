import { randomBytes } from 'node:crypto';
import type { IExecuteFunctions, ILoadOptionsFunctions } from 'n8n-workflow';
import {
  type AttachmentSources,
  createDriveState,
  createEncryptedState,
  createOutbox,
  createReports,
  createVault,
  createVaultCopies,
  DossierError,
  type EntryRef,
  joinPath,
  type Outbox,
  type OutboxEvent,
  parseKey,
  type Reports,
  silentLog,
  type StateStore,
  type Vault,
  type VaultCopies,
} from '../../shared/index.ts';
import { clock } from './clock.ts';
import type { OpenedConnection } from './connection.ts';

/** Lies in the connected folder; the editor looks for it under the same name. */
const storeFolder = '.dossier';

/** Drafts, Outbox and Submitted in a connected folder, encrypted, shared with whoever has the key. */
export interface ReportStore {
  readonly reports: Reports;
  readonly copies: VaultCopies;
  /** The engine that sends from the store; `root` receives the reports. */
  outbox(root: EntryRef, given?: { sources?: AttachmentSources; onEvent?: (event: OutboxEvent) => void }): Outbox;
}

export interface ReportStores {
  open(opened: OpenedConnection): Promise<ReportStore>;
  /** Leaves the stores to others at once. */
  close(): Promise<void>;
}

const credentialType = 'dossierKeyApi';

/** The stores of one execution: items that name the same connection share one. */
export function createReportStores(context: IExecuteFunctions | ILoadOptionsFunctions): ReportStores {
  const opened = new Map<OpenedConnection, { state: StateStore; store: ReportStore }>();
  let vault: Promise<Vault> | undefined;
  return {
    async open(connection) {
      const known = opened.get(connection);
      if (known !== undefined) return known.store;
      const folder = joinPath(connection.connection.folder, storeFolder);
      const { drive } = connection;
      const key = await (vault ??= openVault(context));
      const state = createEncryptedState(createDriveState({ drive, folder: joinPath(folder, 'state'), clock }), key);
      const copies = createVaultCopies({ drive, folder: joinPath(folder, 'vault'), vault: key, clock, randomBytes: (length) => new Uint8Array(randomBytes(length)) });
      const outbox: ReportStore['outbox'] = (root, { sources = copies, onEvent } = {}) =>
        createOutbox({
          store: state,
          clock,
          log: silentLog,
          holder: `n8n ${randomBytes(8).toString('hex')}`,
          sources,
          open: async () => ({ drive, root, encoding: connection.connection.encoding }),
          ...(onEvent === undefined ? {} : { onEvent }),
        });
      const store = { reports: createReports(state), copies, outbox };
      opened.set(connection, { state, store });
      return store;
    },
    async close() {
      // What is not given back runs out by itself in some seconds.
      for (const { state } of opened.values()) await state.close().catch(() => undefined);
    },
  };
}

async function openVault(context: IExecuteFunctions | ILoadOptionsFunctions): Promise<Vault> {
  if (context.getNode().credentials?.[credentialType] === undefined) {
    throw new DossierError('vault-locked', 'Reports in the connected folder are encrypted: choose a Dossier Key credential in this node');
  }
  const { secretKey } = await context.getCredentials(credentialType);
  return createVault(parseKey(String(secretKey ?? '')));
}
