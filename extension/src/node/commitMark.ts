import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

/**
 * The number of the last commit, in a small file beside a database. SQLite takes a write-ahead log as over at its first
 * damaged frame and says nothing of the commits behind it; a mark that is ahead of the database does. It is written
 * after each commit without waiting for the disk: the commit itself is on the disk by then, so that the mark can fall
 * behind in a crash, which is harmless, and never run ahead.
 */
export interface CommitMark {
  /** 0 where there is none, or only what is left of one. */
  read(): number;
  raise(version: number): void;
  close(): void;
}

const digits = 16;

export function openCommitMark(path: string): CommitMark {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const bytes = Buffer.alloc(textOf(0).length);
  const read = (): number => {
    const text = bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0));
    const version = Number(text.slice(0, digits));
    return Number.isSafeInteger(version) && text === textOf(version) ? version : 0;
  };
  return {
    read,
    raise(version) {
      try {
        // Another window may have been faster.
        if (read() < version) writeSync(file, textOf(version), 0, 'latin1');
      } catch {
        // The commit stands; without room for the mark, it falls behind.
      }
    },
    close: () => closeSync(file),
  };
}

/** A mark that was damaged is no mark. */
function textOf(version: number): string {
  const number = String(version).padStart(digits, '0');
  return `${number} ${createHash('sha256').update(number).digest('hex').slice(0, 16)}\n`;
}
