import { randomBytes } from 'node:crypto';
import type { Received } from './body.ts';
import type { EmulatorClock } from './clock.ts';
import { hashBlockBytes, hashOfBlocks } from './contentHash.ts';
import type { Contents } from './contents.ts';
import type { Database } from './database.ts';
import { type TaggedError, tagged } from './errors.ts';
import type { Behaviour, Limits } from './options.ts';

export interface Session {
  readonly id: string;
  readonly account: string;
  readonly type: 'sequential' | 'concurrent';
  readonly content: string;
  readonly startedAt: number;
  closed: boolean;
  finished: boolean;
  /** The parts received, merged and in order. A sequential session has at most one. */
  ranges: (readonly [start: number, end: number])[];
}

/** One append as its rules see it; `length` is unknown while a chunked body is still to come. */
export interface Append {
  readonly offset: number;
  readonly length: number | undefined;
  readonly close: boolean;
}

export interface Sessions {
  start(account: string, type: Session['type']): Session;
  find(account: string, id: string): Session | undefined;
  /** Why an append is refused, with the tags that appends and lookups share. */
  refuse(session: Session, append: Append): TaggedError | undefined;
  /** Counts received bytes into the session; the caller saves. */
  accept(session: Session, append: Append & { length: number }, received: Received): void;
  save(session: Session): void;
  /** The whole content's hash, without reading it again where all appends began at block borders. */
  hash(session: Session): Promise<string>;
  /** One writer at a time at a place: a repeated request takes over from the one it replaces. */
  takeOver<T>(place: string, write: (signal: AbortSignal) => Promise<T>): Promise<T>;
  expireAll(): void;
}

export const lengthOf = (session: Session): number => session.ranges.at(-1)?.[1] ?? 0;

export function openSessions(
  { records }: Database,
  contents: Contents,
  clock: EmulatorClock,
  limits: Limits,
  behaviour: Behaviour,
): Sessions {
  const digests = new Map<string, Map<number, Buffer>>();
  const writers = new Map<string, { stop: AbortController; done: Promise<unknown> }>();

  const refuseConcurrent = ({ offset, length, close }: Append): TaggedError | undefined => {
    if (offset % hashBlockBytes !== 0) return tagged('concurrent_session_invalid_offset');
    const uneven = length !== undefined && length % hashBlockBytes !== 0;
    return uneven && !close ? tagged('concurrent_session_invalid_data_size') : undefined;
  };

  const sessions: Sessions = {
    start(account, type) {
      const session: Session = {
        id: `pid_upload_session:${randomBytes(24).toString('base64url')}`,
        account,
        type,
        content: contents.create(),
        startedAt: clock.now(),
        closed: false,
        finished: false,
        ranges: [],
      };
      sessions.save(session);
      return session;
    },
    find(account, id) {
      const session = records.get<Session>('session', id);
      if (!session || session.account !== account) return undefined;
      if (clock.now() - session.startedAt >= limits.sessionLifeMs) return undefined;
      return session.finished && behaviour.finishedSession === 'notFound' ? undefined : session;
    },
    refuse(session, append) {
      const lateIsFine = session.type === 'concurrent' && behaviour.appendAfterClose === 'accept';
      if (session.closed && !lateIsFine) return tagged('closed');
      if (session.type === 'sequential' && append.offset !== lengthOf(session)) {
        return tagged('incorrect_offset', { correct_offset: lengthOf(session) });
      }
      if (append.offset + (append.length ?? 0) > limits.fileBytes) return tagged('too_large');
      return session.type === 'concurrent' ? refuseConcurrent(append) : undefined;
    },
    accept(session, { offset, length, close }, { blocks }) {
      session.closed ||= close;
      if (length > 0) session.ranges = merged([...session.ranges, [offset, offset + length]]);
      if (offset % hashBlockBytes !== 0) {
        digests.delete(session.content);
        return;
      }
      const known = digests.get(session.content) ?? new Map<number, Buffer>();
      blocks.forEach((digest, index) => known.set(offset / hashBlockBytes + index, digest));
      digests.set(session.content, known);
    },
    save: (session) => records.put('session', session.id, session),
    async hash(session) {
      const known = digests.get(session.content);
      const count = Math.ceil(lengthOf(session) / hashBlockBytes);
      const blocks = Array.from({ length: count }, (_, index) => known?.get(index));
      return blocks.every((digest) => digest !== undefined) ? hashOfBlocks(blocks) : contents.hash(session.content);
    },
    async takeOver(place, write) {
      const earlier = writers.get(place);
      const stop = new AbortController();
      const done = (async () => {
        earlier?.stop.abort();
        await earlier?.done.catch(() => undefined);
        return write(stop.signal);
      })();
      const mine = { stop, done };
      writers.set(place, mine);
      try {
        return await done;
      } finally {
        if (writers.get(place) === mine) writers.delete(place);
      }
    },
    expireAll() {
      for (const session of records.all<Session>('session')) {
        sessions.save({ ...session, startedAt: 0 });
      }
    },
  };
  return sessions;
}

function merged(ranges: (readonly [number, number])[]): (readonly [number, number])[] {
  const result: (readonly [number, number])[] = [];
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], end)];
    else result.push([start, end]);
  }
  return result;
}
