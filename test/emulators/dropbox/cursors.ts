import { createHmac, randomBytes } from 'node:crypto';
import type { EmulatorClock } from './clock.ts';
import type { Database } from './database.ts';

/** Where a listing or a change feed stands. Bound to its folder and its arguments, and opaque to clients. */
export interface CursorState {
  readonly account: string;
  /** As the request saw it. */
  readonly namespace: string;
  readonly folder: string;
  /** The folder's id when the listing began, empty for a root. */
  readonly folderId: string;
  readonly recursive: boolean;
  readonly deleted: boolean;
  readonly nonDownloadable: boolean;
  readonly limit: number;
  /** A listing not yet at its end continues after this path; `null` in the change feed. */
  readonly after: string | null;
  readonly seq: number;
}

export interface Cursors {
  write(state: CursorState): string;
  /** `undefined` for text that is no cursor, `'reset'` for one that is too old. */
  read(cursor: string): CursorState | 'reset' | undefined;
  /** Makes every cursor known so far end in `reset`. */
  resetAll(): void;
}

export function openCursors({ records }: Database, clock: EmulatorClock, lifeMs: number): Cursors {
  const key = records.get<string>('secret', 'cursor') ?? randomBytes(16).toString('hex');
  records.put('secret', 'cursor', key);
  let era = records.get<number>('counter', 'cursorEra') ?? 0;
  const seal = (text: string): string => createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);

  return {
    write(state) {
      const text = Buffer.from(JSON.stringify({ state, era, at: clock.now() })).toString('base64url');
      return `AA${seal(text)}${text}`;
    },
    read(cursor) {
      const text = cursor.slice(24);
      if (!cursor.startsWith('AA') || seal(text) !== cursor.slice(2, 24)) return undefined;
      const {
        state,
        era: then,
        at,
      } = JSON.parse(Buffer.from(text, 'base64url').toString()) as {
        state: CursorState;
        era: number;
        at: number;
      };
      return then === era && clock.now() - at < lifeMs ? state : 'reset';
    },
    resetAll() {
      era += 1;
      records.put('counter', 'cursorEra', era);
    },
  };
}
