import type { DossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import { asciiName } from '../core/names.ts';
import type { Committed, Outcome, UploadSession, UploadTarget } from '../drive/uploadSession.ts';
import { chunkBytes, chunkCount } from './chunks.ts';
import type { Records } from './records.ts';
import type { UploadItem, UploadProgress, UploadRecord, UploadState } from './upload.ts';

/** One file on its way. Its record is the truth about how far it has come; the rest is for this attempt only. */
export interface OnWay {
  readonly item: UploadItem;
  readonly record: UploadRecord;
  /** Where it is to end: as asked for, or by a plainer name when that one was refused. */
  readonly target: UploadTarget;
  /** Once it is decided. */
  readonly outcome: Outcome<Committed> | undefined;
  /** Why its bytes must be sent anew, in another session. */
  readonly again: DossierError | undefined;
  /** True while there is something to do for it in this attempt. */
  readonly isOpen: boolean;
  /** All chunks are with the server and the digests are known. */
  readonly isSent: boolean;
  startSession(session: UploadSession): Promise<void>;
  /** The intent to send in one request. */
  startSingle(): Promise<void>;
  acknowledge(index: number, session: UploadSession): Promise<void>;
  /** What the server says that it has of the session; durable with the next thing that is. */
  holds(session: UploadSession): void;
  /** Durable with the next thing that is. */
  digested(digests: Digests): void;
  committed(committed: Committed, digests: Digests): Promise<void>;
  fail(error: DossierError): void;
  /** Goes on under a plainer name; false when it has one already. */
  rename(): Promise<boolean>;
  /** Gives up the session, or goes on with what the server really holds of it. */
  sendAgain(error: DossierError, held?: UploadSession): Promise<void>;
  retryNow(): void;
  /** Bytes of one request handed to the network; 0 when the request has ended. */
  sending(key: number, bytes: number): void;
}

export function createOnWay(
  item: UploadItem,
  first: UploadRecord,
  records: Records,
  onProgress: ((event: UploadProgress) => void) | undefined,
): OnWay {
  let record = first;
  let outcome: Outcome<Committed> | undefined = record.committed && { ok: true, value: record.committed };
  let again: DossierError | undefined;
  let target = first.session?.target ?? item.target;
  const inFlight = new Map<number, number>();
  let acknowledgedBytes = acknowledged(record);

  const tell = (): void => {
    if (!onProgress) return;
    const { id, size, state } = record;
    if (state === 'committed') acknowledgedBytes = size;
    const sentBytes = Math.min(
      size,
      [...inFlight.values()].reduce((sum, bytes) => sum + bytes, acknowledgedBytes),
    );
    onProgress({ id, size, state, acknowledgedBytes, sentBytes, whole: record.session === undefined });
  };
  const become = async (changes: Partial<UploadRecord>): Promise<void> => {
    record = { ...record, ...changes };
    tell();
    await records.put(record);
  };
  const state: UploadState = 'sending';

  return {
    item,
    get record() {
      return record;
    },
    get target() {
      return target;
    },
    get outcome() {
      return outcome;
    },
    get again() {
      return again;
    },
    get isOpen() {
      return outcome === undefined && again === undefined;
    },
    get isSent() {
      const { session, digests } = record;
      return (
        session !== undefined &&
        digests !== undefined &&
        session.received.length === chunkCount(session.size, session.chunkSize)
      );
    },
    startSession: (session) => become({ state, session }),
    startSingle: () => become({ state }),
    acknowledge(index, session) {
      // Chunks that were acknowledged meanwhile are not in the copy that this answer belongs to.
      const received = [...new Set([...(record.session?.received ?? []), ...session.received, index])].sort(
        (a, b) => a - b,
      );
      inFlight.delete(index);
      acknowledgedBytes = chunkBytes(session.size, session.chunkSize, received);
      return become({ session: { ...session, received } });
    },
    holds(session) {
      record = { ...record, session };
      acknowledgedBytes = acknowledged(record);
      tell();
      records.note(record);
    },
    digested(digests) {
      item.onRead?.(digests);
      record = { ...record, digests };
      records.note(record);
    },
    async committed(committed, digests) {
      inFlight.clear();
      await become({ state: 'committed', committed, digests });
      outcome = { ok: true, value: committed };
    },
    fail(error) {
      outcome ??= { ok: false, error };
    },
    async rename() {
      const name = asciiName(target.name, 'file');
      if (name === target.name) return false;
      target = { ...target, name };
      if (record.session) await become({ session: { ...record.session, target } });
      return true;
    },
    async sendAgain(error, held) {
      again = error;
      const { session: _gone, digests: _digests, ...rest } = record;
      record = held === undefined ? rest : { ...rest, session: held };
      acknowledgedBytes = acknowledged(record);
      await become({});
    },
    retryNow() {
      again = undefined;
    },
    sending(key, bytes) {
      if (bytes === 0) inFlight.delete(key);
      else inFlight.set(key, bytes);
      tell();
    },
  };
}

function acknowledged({ session }: UploadRecord): number {
  return session === undefined ? 0 : chunkBytes(session.size, session.chunkSize, session.received);
}
