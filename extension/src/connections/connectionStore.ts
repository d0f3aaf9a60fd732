import * as vscode from 'vscode';
import { type Connection, type ConnectionSecrets, DossierError, type Drive, fromUtf8, isRecord, jsonBytes, type Json, parseConnection, parseJson, parseJsonBytes, type StateStore } from '../../../shared/index.ts';
import { openConnection } from './openConnection.ts';

/** The user's connections: what may be read by anyone lies in the state, secrets lie in the editor's secret storage. */
export interface ConnectionStore extends vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  /** Sorted by group and name. */
  list(): Promise<Connection[]>;
  /** `not-found` when it was deleted. */
  get(id: string): Promise<Connection>;
  secrets(id: string): Promise<ConnectionSecrets>;
  save(connection: Connection, secrets?: ConnectionSecrets): Promise<void>;
  remove(id: string): Promise<void>;
  /** The drive behind it: one for all, so that sign-ins are renewed once for many callers. */
  open(id: string): Promise<Drive>;
}

const prefix = 'connections/';
const secretName = (id: string) => `connection.${id}`;

export function createConnectionStore(state: StateStore, vault: vscode.SecretStorage): ConnectionStore {
  const changed = new vscode.EventEmitter<void>();
  const opened = new Map<string, Drive>();
  const find = async (id: string) => state.get(prefix + id);

  const store: ConnectionStore = {
    onDidChange: changed.event,
    dispose: () => changed.dispose(),
    async list() {
      const records = await state.list(prefix);
      return records.map(({ value }) => parseConnection(parseJsonBytes(value, 'state-corrupt', 'A stored connection'))).sort(byGroupAndName);
    },
    async get(id) {
      const record = await find(id);
      if (!record) throw new DossierError('not-found', vscode.l10n.t('This report has no connection: choose where to send it'));
      return parseConnection(parseJson(fromUtf8(record.value), 'state-corrupt', 'The stored connection'));
    },
    async secrets(id) {
      const stored = await vault.get(secretName(id));
      const parsed = stored === undefined ? {} : parseJson(stored, 'state-corrupt', 'The stored secret');
      return isRecord(parsed) ? (parsed as ConnectionSecrets) : {};
    },
    async save(connection, secrets) {
      // The secret first: a connection without its secret would look like a wrong password.
      if (secrets) await vault.store(secretName(connection.id), JSON.stringify(secrets));
      const known = await find(connection.id);
      await state.commit([{ key: prefix + connection.id, value: jsonBytes(connection as unknown as Json), expectedVersion: known?.version ?? 0 }]);
      opened.delete(connection.id);
      changed.fire();
    },
    async remove(id) {
      const known = await find(id);
      if (known) await state.commit([{ key: known.key, value: undefined, expectedVersion: known.version }]);
      await vault.delete(secretName(id));
      opened.delete(id);
      changed.fire();
    },
    async open(id) {
      const known = opened.get(id);
      if (known) return known;
      const drive = openConnection(await store.get(id), await store.secrets(id), async (renewed) => vault.store(secretName(id), JSON.stringify(renewed)));
      opened.set(id, drive);
      return drive;
    },
  };
  return store;
}

function byGroupAndName(a: Connection, b: Connection): number {
  return a.group.localeCompare(b.group) || a.name.localeCompare(b.name);
}

