import {
  type DrivePath,
  isRecord,
  type Json,
  jsonBytes,
  type MirrorRules,
  parseJsonBytes,
  parseStoredPath,
  type StateStore,
} from '../../../../shared/index.ts';
import { editorError } from '../../ui/editorError.ts';

/** A folder of this computer that is mirrored to a connection. Plain JSON. */
export interface Mirror {
  readonly schema: 1;
  readonly id: string;
  /** Native absolute path. It is only ever read. */
  readonly source: string;
  readonly connection: string;
  readonly folder: DrivePath;
  readonly rules: MirrorRules;
  readonly paused: boolean;
  /** Each sent version is recorded in the ledger of the connection. */
  readonly isRecorded?: true;
}

export interface MirrorStore {
  list(): Promise<Mirror[]>;
  /** `invalid-input` when there is none of this id. */
  get(id: string): Promise<Mirror>;
  save(mirror: Mirror): Promise<void>;
  remove(id: string): Promise<void>;
}

const prefix = 'mirror-settings/';

export function createMirrorStore(state: StateStore): MirrorStore {
  const write = async (id: string, value: Uint8Array | undefined): Promise<void> => {
    const before = await state.get(prefix + id);
    if (before || value) await state.commit([{ key: prefix + id, value, expectedVersion: before?.version ?? 0 }]);
  };
  return {
    list: async () => (await state.list(prefix)).map(({ value }) => parseMirror(value)),
    async get(id) {
      const record = await state.get(prefix + id);
      if (!record) throw editorError('invalid-input', 'This mirror is not there any more');
      return parseMirror(record.value);
    },
    save: (mirror) => write(mirror.id, jsonBytes(mirror as unknown as Json)),
    remove: (id) => write(id, undefined),
  };
}

function parseMirror(value: Uint8Array): Mirror {
  const mirror = parseJsonBytes(value, 'state-corrupt', 'A stored mirror');
  if (!isRecord(mirror) || mirror['schema'] !== 1 || typeof mirror['folder'] !== 'string')
    throw editorError('state-corrupt', 'A stored mirror is damaged');
  return { ...(mirror as unknown as Mirror), folder: parseStoredPath(mirror['folder']) };
}
