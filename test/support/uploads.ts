import { DossierError } from '../../shared/core/errors.ts';
import type { ByteSource } from '../../shared/drive/source.ts';
import type { UploadJournal, UploadRecord } from '../../shared/upload/upload.ts';

/** A journal in memory, through JSON as a store would have it; `onSave` may hold a save up or make it fail. */
export interface MemoryJournal extends UploadJournal {
  readonly records: ReadonlyMap<string, UploadRecord>;
  readonly saves: number;
}

export function createMemoryJournal(
  onSave: (records: readonly UploadRecord[]) => Promise<void> = async () => undefined,
): MemoryJournal {
  const kept = new Map<string, string>();
  let saves = 0;
  const parsed = () => [...kept].map(([id, text]) => [id, JSON.parse(text) as UploadRecord] as const);
  return {
    get records() {
      return new Map(parsed());
    },
    get saves() {
      return saves;
    },
    load: async () => parsed().map(([, record]) => record),
    async save(records) {
      const texts = records.map((record) => [record.id, JSON.stringify(record)] as const);
      await onSave(records);
      saves += 1;
      for (const [id, text] of texts) kept.set(id, text);
    },
  };
}

/** A source whose bytes are computed from their position: any size, no memory. */
export function patternSource(size: number, seed = 1): ByteSource {
  return {
    size,
    async *open({ start = 0, end = size } = {}) {
      for (let at = start; at < end; ) {
        const length = Math.min(65_536, end - at);
        yield patternBytes(at, length, seed);
        at += length;
      }
    },
    fingerprint: async () => `pattern:${size}:${seed}`,
  };
}

export function patternBytes(start: number, length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  const words = new Uint32Array(Math.ceil(length / 4) + 1);
  const first = Math.floor(start / 4);
  for (let word = 0; word < words.length; word++) words[word] = Math.imul(first + word + seed, 0x9e3779b1) ^ seed;
  bytes.set(new Uint8Array(words.buffer, start % 4, length));
  return bytes;
}

/**
 * A source whose content and fingerprint a test can change at any time; `direct` ones are read into the reader's own
 * memory.
 */
export function editableSource(bytes: Uint8Array, direct: boolean): ByteSource & { edit(bytes: Uint8Array): void } {
  let content = bytes;
  let edits = 0;
  const readInto = async (start: number, into: Uint8Array): Promise<number> => {
    const piece = content.subarray(start, start + into.length);
    into.set(piece);
    return piece.length;
  };
  return {
    size: bytes.length,
    ...(direct ? { readInto } : {}),
    async *open({ start = 0, end } = {}) {
      for (let at = start; at < (end ?? content.length); at += 65_536)
        yield content.subarray(at, Math.min(at + 65_536, end ?? content.length));
    },
    fingerprint: async () => `edit ${edits}`,
    edit(changed) {
      content = changed;
      edits += 1;
    },
  };
}

export function missingSource(size: number): ByteSource {
  const missing = () => new DossierError('source-missing');
  return {
    size,
    open: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(missing()) }) }),
    fingerprint: () => Promise.reject(missing()),
  };
}
