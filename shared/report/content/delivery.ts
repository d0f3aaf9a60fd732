import { utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { isRecord, parseJsonBytes } from '../../core/json.ts';
import { say } from '../../core/sentence.ts';
import type { StateChange, StateStore } from '../../state/state.ts';
import type { UploadJournal, UploadRecord } from '../../upload/upload.ts';
import type { Companions } from './manifest.ts';

/** An attachment that stays here while a copy without metadata is sent. */
export interface Original {
  /** Of the attachment when this was found out. */
  readonly fingerprint: string;
  /** Bytes. */
  readonly size: number;
  /** Absent where the copy is the same, because there was nothing to leave out. */
  readonly sha256?: string;
  /** Bytes of the copy. */
  readonly sent: number;
}

/** How far the sending of one report has come, as far as it is not told by the records of its files. Plain JSON. */
export interface Delivery {
  readonly schema: 1;
  /** When sending began, milliseconds since 1970 UTC: the same in every repetition, so that the manifest is. */
  readonly sent: number;
  /** Folder names that were found taken. */
  readonly attempt: number;
  /** The destination refused the name in its usual form: the folder gets one of plain letters. */
  readonly plain?: true;
  /** A folder of the name of this attempt is being created, or was, and the answer was lost. */
  readonly creating?: true;
  readonly folder?: { readonly path: string; readonly id?: string };
  /** The folder was found after a lost answer, and holds our claim until the manifest is written. */
  readonly claimed?: true;
  /** The report gets checksums and a crate. Absent in sendings that an older version has begun. */
  readonly companions?: Companions;
  /** Name at the destination of each attachment, by its id. */
  readonly names: Readonly<Record<string, string>>;
  /** Of each attachment in whose place a copy goes, by its id. */
  readonly originals?: Readonly<Record<string, Original>>;
  /** Everything, the manifest too, was proved to be in the folder. */
  readonly complete?: true;
  /** The ledger has the submission; the receipt it gave. */
  readonly recorded?: { readonly receipt?: string };
}

/** Durable records of one sending. `save` and `uploads.save` resolve when what they write survives a kill. */
export interface DeliveryJournal {
  load(): Promise<Delivery | undefined>;
  save(delivery: Delivery): Promise<void>;
  readonly uploads: UploadJournal;
  /** All upload records, in no order. */
  uploadRecords(): Promise<readonly UploadRecord[]>;
  /** Forgets uploads, so that these files are sent anew. */
  forget(uploads: readonly string[]): Promise<void>;
}

export const deliveryKey = (report: string): string => `deliveries/${report}`;
export const uploadsPrefix = (report: string): string => `uploads/${report}/`;

/**
 * A journal over a state store. `commit` is what writes: whoever works under a lease hands in one that renews the lease
 * in the same batch, so that nothing is written once the lease is lost.
 */
export function createDeliveryJournal(
  store: StateStore,
  report: string,
  commit: (changes: readonly StateChange[]) => Promise<number[]>,
): DeliveryJournal {
  const versions = new Map<string, number>();
  const read = async (): Promise<UploadRecord[]> => {
    const records = await store.list(uploadsPrefix(report));
    for (const { key, version } of records) versions.set(key, version);
    return records.map(({ key, value }) => decode<UploadRecord>(key, value));
  };
  const write = async (values: readonly (readonly [string, object | undefined])[]): Promise<void> => {
    const written = await commit(
      values.map(([key, value]) => ({
        key,
        value: value && utf8(JSON.stringify(value)),
        expectedVersion: versions.get(key) ?? 0,
      })),
    );
    values.forEach(([key], index) => versions.set(key, written[index]!));
  };
  return {
    async load() {
      const record = await store.get(deliveryKey(report));
      if (!record) return undefined;
      versions.set(record.key, record.version);
      const delivery = decode<Delivery>(record.key, record.value);
      if (delivery.schema !== 1)
        throw new DossierError('state-corrupt', 'The sending of this report was begun by a newer version of Dossier', {
          advice: 'Update this version of Dossier.',
        });
      return delivery;
    },
    save: (delivery) => write([[deliveryKey(report), delivery]]),
    uploads: {
      load: read,
      save: (records) => write(records.map((record) => [`${uploadsPrefix(report)}${record.id}`, record] as const)),
    },
    uploadRecords: read,
    async forget(uploads) {
      const known = uploads.map((id) => `${uploadsPrefix(report)}${id}`).filter((key) => versions.get(key));
      if (known.length > 0) await write(known.map((key) => [key, undefined] as const));
    },
  };
}

/** What removes all records of a sending: part of the batch that ends it. */
export async function deliveryRemoval(store: StateStore, report: string): Promise<StateChange[]> {
  const delivery = await store.get(deliveryKey(report));
  const records = [...(delivery ? [delivery] : []), ...(await store.list(uploadsPrefix(report)))];
  return records.map(({ key, version }) => ({ key, value: undefined, expectedVersion: version }));
}

function decode<T>(key: string, value: Uint8Array): T {
  const parsed = parseJsonBytes(value, 'state-corrupt', say`The record "${key}"`);
  if (!isRecord(parsed)) throw new DossierError('state-corrupt', say`The record "${key}" is not what Dossier writes`);
  return parsed as T;
}
