import { equalBytes, readBytes, toHex } from '../../core/bytes.ts';
import { type ErrorCode, isDossierError } from '../../core/errors.ts';
import { digestsOf } from '../../core/hashing.ts';
import { joinPath } from '../../core/paths.ts';
import type { Clock, RandomBytes } from '../../core/ports.ts';
import { retry } from '../../core/retry.ts';
import type { Sentence } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { Entry, EntryRef, FileEntry } from '../../drive/entry.ts';

/** What a drive did otherwise than it must. */
export class Broken extends Error {
  readonly found: Sentence;

  constructor(found: Sentence) {
    super(found.id);
    this.found = found;
  }
}

/** What an obligation is tried with: a drive, and an empty folder of its own. */
export interface TrialBench {
  readonly drive: Drive;
  readonly home: EntryRef;
  readonly context: Context;
  bytes(length: number): Uint8Array;
  /** Makes a folder; several tries where the server is busy. */
  folder(parent: EntryRef, name: string): Promise<EntryRef>;
  put(parent: EntryRef, name: string, bytes: Uint8Array): Promise<FileEntry>;
  names(parent: EntryRef): Promise<string[]>;
  read(ref: EntryRef, range?: { readonly start?: number; readonly end?: number }): Promise<Uint8Array>;
  child(parent: EntryRef, name: string): EntryRef;
}

export interface BenchPorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly context: Context;
}

/** Few tries: a trial wants to know, and a server that is always busy is an answer too. */
const policy = { attempts: 4, firstDelayMs: 300, maxDelayMs: 3_000, maxRetryAfterMs: 10_000 };

/** Largest content that a trial reads back, bytes. */
const mostBytes = 64 * 1024 * 1024;

export function createTrialBench(drive: Drive, home: EntryRef, ports: BenchPorts): TrialBench {
  const { clock, randomBytes, context } = ports;
  return {
    drive,
    home,
    context,
    bytes: randomBytes,
    folder: (parent, name) =>
      retry(() => drive.createFolder(parent, name, context), { clock, signal: context.signal, policy }),
    put: async (parent, name, bytes) =>
      (await drive.upload({ folder: parent, name }, bytes, digestsOf(bytes), context)).entry,
    async names(parent) {
      const entries: Entry[] = [];
      for await (const page of drive.list(parent, {}, context)) entries.push(...page);
      return entries.map(({ name }) => name).sort();
    },
    read: (ref, range = {}) => readBytes(drive.read(ref, range, context), mostBytes),
    child: (parent, name) => ({ path: joinPath(parent.path, name) }),
  };
}

export function same(actual: Uint8Array, expected: Uint8Array, otherwise: Sentence): void {
  if (!equalBytes(actual, expected)) throw new Broken(otherwise);
}

export function holds(condition: boolean, otherwise: Sentence): void {
  if (!condition) throw new Broken(otherwise);
}

/** The act must fail with one of these codes. */
export async function refuses(act: Promise<unknown>, codes: readonly ErrorCode[], otherwise: Sentence): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (isDossierError(error) && codes.includes(error.code)) return;
    throw error;
  }
  throw new Broken(otherwise);
}

/** A name that nobody else uses. */
export function trialName(randomBytes: RandomBytes): string {
  return `Dossier drive test ${toHex(randomBytes(4))}`;
}
