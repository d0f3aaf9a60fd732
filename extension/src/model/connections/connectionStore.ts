import * as vscode from 'vscode';
import {
  type Connection,
  type ConnectionSecrets,
  type Drive,
  type Json,
  jsonBytes,
  parseConnection,
  parseJsonBytes,
  type StateChange,
  type StateStore,
} from '../../../../shared/index.ts';
import { editorError } from '../../ui/editorError.ts';
import { openConnection } from './openConnection.ts';

/** The user's connections and their secrets, both in the encrypted state. */
export interface ConnectionStore extends vscode.Disposable {
  readonly onDidChange: vscode.Event<void>;
  /** Somebody else may have changed them. */
  changed(): void;
  /** Sorted by group and name. */
  list(): Promise<Connection[]>;
  /** `invalid-input` when there is none of this id. */
  get(id: string): Promise<Connection>;
  secrets(id: string): Promise<ConnectionSecrets>;
  save(connection: Connection, secrets?: ConnectionSecrets): Promise<void>;
  remove(id: string): Promise<void>;
  /** The drive behind it: one for all, so that sign-ins are renewed once for many callers. */
  open(id: string): Promise<Drive>;
}

const prefix = 'connections/';
const secretsPrefix = 'secrets/';

export function createConnectionStore(state: StateStore): ConnectionStore {
  const changed = new vscode.EventEmitter<void>();
  const opened = new Map<string, { readonly version: number; readonly drive: Drive }>();
  const find = (id: string) => state.get(prefix + id);

  const changeTo = async (key: string, value: Uint8Array | undefined): Promise<StateChange[]> => {
    const known = await state.get(key);
    return known || value ? [{ key, value, expectedVersion: known?.version ?? 0 }] : [];
  };

  const store: ConnectionStore = {
    onDidChange: changed.event,
    changed: () => changed.fire(),
    dispose: () => changed.dispose(),
    async list() {
      const records = await state.list(prefix);
      return records
        .map(({ value }) => parseConnection(parseJsonBytes(value, 'state-corrupt', 'A stored connection')))
        .sort(byGroupAndName);
    },
    async get(id) {
      const record = id === '' ? undefined : await find(id);
      if (!record) throw editorError('invalid-input', 'This report has no connection: choose where to send it');
      return parseConnection(parseJsonBytes(record.value, 'state-corrupt', 'A stored connection'));
    },
    async secrets(id) {
      const record = await state.get(secretsPrefix + id);
      return record ? (parseJsonBytes(record.value, 'state-corrupt', 'The stored secret') as ConnectionSecrets) : {};
    },
    async save(connection, secrets) {
      const changes = [
        ...(await changeTo(prefix + connection.id, jsonBytes(connection as unknown as Json))),
        ...(secrets ? await changeTo(secretsPrefix + connection.id, jsonBytes(secrets as Json)) : []),
      ];
      await state.commit(changes);
      changed.fire();
    },
    async remove(id) {
      await state.commit([
        ...(await changeTo(prefix + id, undefined)),
        ...(await changeTo(secretsPrefix + id, undefined)),
      ]);
      changed.fire();
    },
    async open(id) {
      const connection = await store.get(id);
      const version = (await find(id))?.version ?? 0;
      const known = opened.get(id);
      if (known?.version === version) return known.drive;
      const drive = openConnection(connection, await store.secrets(id), async (renewed) => {
        await state.commit(await changeTo(secretsPrefix + id, jsonBytes(renewed as Json)));
      });
      opened.set(id, { version, drive });
      return drive;
    },
  };
  return store;
}

function byGroupAndName(a: Connection, b: Connection): number {
  return a.group.localeCompare(b.group) || a.name.localeCompare(b.name);
}
