import {
  isDossierError,
  isRecord,
  type Json,
  jsonBytes,
  parseJsonBytes,
  type StateStore,
} from '../../../../shared/index.ts';

/**
 * Which connections have linked folders, and when they were last looked through to the end: known here, without asking
 * their servers.
 */
export interface LinkMarks {
  list(): Promise<readonly LinkMark[]>;
  set(connection: string, isLinked: boolean): Promise<void>;
  scanned(connection: string, at: number): Promise<void>;
}

export interface LinkMark {
  readonly connection: string;
  /** Milliseconds since 1970 UTC; 0 before the first time. */
  readonly scannedAt: number;
}

const prefix = 'linked/';

export function createLinkMarks(state: StateStore): LinkMarks {
  /** Another window may write the same; then one of them is enough. */
  const write = async (connection: string, next: (before: number | undefined) => number | undefined): Promise<void> => {
    const record = await state.get(prefix + connection);
    const before = record && parseScannedAt(record.value);
    const after = next(before);
    if (after === before) return;
    const value = after === undefined ? undefined : jsonBytes({ scannedAt: after } satisfies Json);
    try {
      await state.commit([{ key: prefix + connection, value, expectedVersion: record?.version ?? 0 }]);
    } catch (error) {
      if (!isDossierError(error, 'revision-conflict')) throw error;
    }
  };
  return {
    list: async () =>
      (await state.list(prefix)).map(({ key, value }) => ({
        connection: key.slice(prefix.length),
        scannedAt: parseScannedAt(value),
      })),
    set: (connection, isLinked) => write(connection, (before) => (isLinked ? (before ?? 0) : undefined)),
    scanned: (connection, at) => write(connection, (before) => (before === undefined ? undefined : at)),
  };
}

function parseScannedAt(value: Uint8Array): number {
  const mark = parseJsonBytes(value, 'state-corrupt', 'The mark of a connection with linked folders');
  return isRecord(mark) && typeof mark['scannedAt'] === 'number' ? mark['scannedAt'] : 0;
}
