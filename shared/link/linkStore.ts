import { randomBytes } from 'node:crypto';
import { toHex } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';
import { defaultRetryPolicy, type RetryPolicy, retry } from '../core/retry.ts';
import type { StateChange, StateStore } from '../state/state.ts';
import { createFileIndex, type FileIndex } from './fileIndex.ts';
import { encodeKnownFile, type KnownFile, parseKnownFile } from './knownFile.ts';
import { linkKeys } from './link.ts';
import { encodePosition, type Position, parsePosition, startPosition } from './position.ts';

/** What is stored of one link's files, as the walker that holds the link sees it. */
export interface LinkState {
  readonly position: Position;
  readonly index: FileIndex;
  /**
   * Stores files and the position they lead to, all or nothing; `locked` when another walker took the link over. Renews
   * the hold, or ends it at rest.
   */
  save(files: Iterable<KnownFile>, position: Position, signal?: AbortSignal): Promise<void>;
  /** Lets another walker go on from here. */
  release(signal?: AbortSignal): Promise<void>;
}

/** The links that one process walks. */
export interface LinkStore {
  /**
   * Does something to a link while no other walker does, here or elsewhere. Repeats it from the stored position after
   * failures that pass. A walker that died is waited for until its hold is over; what counts is the version of the
   * position, so a late one can store nothing.
   */
  hold<T>(id: string, caseSensitive: boolean, work: (state: LinkState) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

const holdMs = 60_000;
/** Long enough to outlast the hold of a walker that died: only for those who wait for one. */
const patience: RetryPolicy = { attempts: 200, firstDelayMs: 50, maxDelayMs: 2_000, maxRetryAfterMs: 300_000 };

export function createLinkStore(store: StateStore, clock: Clock): LinkStore {
  const walker = toHex(randomBytes(8));
  const loaded = new Map<string, Loaded>();
  const turns = new Map<string, Promise<unknown>>();
  /** How often each link was stored: whoever gets on may fail again. */
  const saves = new Map<string, number>();

  /** Failures of the drive or the store are few, or the same thing fails again and again. */
  const patienceFor = (id: string) => {
    let policy = { ...defaultRetryPolicy };
    let saved = saves.get(id);
    return (error: DossierError): RetryPolicy => {
      // One of ours: those of a server have a status.
      if (error.code === 'locked' && error.status === undefined) return patience;
      if (saves.get(id) !== saved) policy = { ...defaultRetryPolicy };
      saved = saves.get(id);
      return policy;
    };
  };

  /** What is in memory is used again while nobody else wrote. */
  const load = async (id: string, caseSensitive: boolean, signal?: AbortSignal): Promise<LinkState> => {
    const record = await store.get(linkKeys(id).position, signal);
    const position = record ? parsePosition(record) : startPosition;
    const { holder } = position;
    if (holder && holder.id !== walker && holder.until > clock.now()) throw locked();
    const before = loaded.get(id);
    if (before && before.version() === (record?.version ?? 0)) return before.state;
    const fresh = await readLink(
      store,
      id,
      {
        position,
        version: record?.version ?? 0,
        caseSensitive,
        holder: () => ({ id: walker, until: clock.now() + holdMs }),
        onSaved: () => void saves.set(id, (saves.get(id) ?? 0) + 1),
      },
      signal,
    );
    loaded.set(id, fresh);
    return fresh.state;
  };

  const attempt = async <T>(
    id: string,
    caseSensitive: boolean,
    work: (state: LinkState) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    const state = await load(id, caseSensitive, signal);
    try {
      return await work(state);
    } catch (error) {
      // What is in memory may be ahead of what was stored.
      loaded.delete(id);
      // The others need not wait for a walker that gave up. Should this fail, they wait until the hold is over.
      await state.release().catch(() => undefined);
      throw error;
    }
  };

  return {
    hold(id, caseSensitive, work, signal) {
      const before = turns.get(id) ?? Promise.resolve();
      const turn = before
        .catch(() => undefined)
        .then(() => retry(() => attempt(id, caseSensitive, work, signal), { clock, signal, policy: patienceFor(id) }));
      turns.set(id, turn);
      const leave = () => {
        if (turns.get(id) === turn) turns.delete(id);
      };
      turn.then(leave, leave);
      return turn;
    },
  };
}

interface Loaded {
  readonly state: LinkState;
  version(): number;
}

interface Reading {
  readonly position: Position;
  readonly version: number;
  readonly caseSensitive: boolean;
  readonly holder: () => NonNullable<Position['holder']>;
  readonly onSaved: () => void;
}

async function readLink(store: StateStore, id: string, reading: Reading, signal?: AbortSignal): Promise<Loaded> {
  const keys = linkKeys(id);
  const index = createFileIndex(reading.caseSensitive);
  const versions = new Map<string, number>();
  for (const each of await store.list(keys.files, signal)) {
    const file = parseKnownFile(each);
    index.put(file);
    versions.set(file.asset, each.version);
  }
  let { position, version } = reading;
  const write = async (files: readonly KnownFile[], next: Position, signal?: AbortSignal): Promise<void> => {
    const changes: StateChange[] = [{ key: keys.position, value: encodePosition(next), expectedVersion: version }];
    for (const file of files)
      changes.push({
        key: keys.file(file.asset),
        value: encodeKnownFile(file),
        expectedVersion: versions.get(file.asset) ?? 0,
      });
    const [first, ...rest] = await commitOrLocked(store, changes, signal);
    version = first as number;
    files.forEach(({ asset }, at) => versions.set(asset, rest[at] as number));
    position = next;
    if (files.length > 0) reading.onSaved();
  };
  const unheld = ({ holder: _, ...others }: Position): Position => others;
  return {
    version: () => version,
    state: {
      index,
      get position() {
        return position;
      },
      save: (files, next, signal) =>
        write([...files], next.mode === 'rest' ? unheld(next) : { ...next, holder: reading.holder() }, signal),
      release: async (signal) =>
        position.holder?.id === reading.holder().id ? write([], unheld(position), signal) : undefined,
    },
  };
}

async function commitOrLocked(
  store: StateStore,
  changes: readonly StateChange[],
  signal?: AbortSignal,
): Promise<number[]> {
  try {
    return await store.commit(changes, signal);
  } catch (error) {
    throw isDossierError(error, 'revision-conflict') ? locked(error) : error;
  }
}

function locked(cause?: unknown): DossierError {
  return new DossierError('locked', 'Another window or worker is looking through this folder', { cause });
}
