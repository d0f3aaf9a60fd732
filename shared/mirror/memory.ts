import { createBudget } from '../core/budget.ts';
import { utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError } from '../core/errors.ts';
import { type Digests, sha256Hex } from '../core/hashing.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import { say } from '../core/sentence.ts';
import { type HeldLease, leaseKey } from '../state/lease.ts';
import type { StateChange, StateRecord, StateStore } from '../state/state.ts';
import type { UploadJournal, UploadRecord } from '../upload/upload.ts';
import type { MirrorConflict, MirrorSummary, Place } from './mirror.ts';

/** What the mirror remembers of one file that it made, or found to be as it would have made it. */
export interface KnownFile {
  readonly type: 'file';
  /** Revision at the source; undefined where a later writing may have left it the same. */
  readonly fingerprint?: string;
  /** Bytes. */
  readonly size: number;
  readonly digests: Digests;
  /** Where it lies at the destination, if that is not the same place. */
  readonly at?: Place;
  /** At the destination. */
  readonly revision: string;
  readonly id?: string;
  /** At the destination, milliseconds since 1970 UTC. */
  readonly modified: number;
  /** A later writing may have left revision, size and time at the destination as they are. */
  readonly unsettled?: true;
  /** The ledger may not have heard of it. */
  readonly due?: true;
}

/** A folder that the mirror made. */
export interface KnownFolder {
  readonly type: 'folder';
}

export type Known = KnownFile | KnownFolder;

/** What a file that is about to be sent will be: so a run that was killed knows its own files again. */
export interface Intent {
  readonly place: Place;
  readonly size: number;
  /** Of a large file they are known once it was read: see `uploads`. */
  readonly digests?: Digests;
  /** It is to be recorded in the ledger. */
  readonly isDue?: true;
}

/** How the last run ended. Plain JSON. */
export type LastRun = Omit<MirrorSummary, 'error'> & { readonly error?: Record<string, unknown> };

export interface MirrorStatus {
  readonly last?: LastRun;
  /** Oldest first; until a person has put them away. */
  readonly conflicts: readonly StoredConflict[];
}

export interface StoredConflict extends MirrorConflict {
  /** Names it for `putConflictsAway`. */
  readonly key: string;
}

type Entry = readonly [Place, Known | null];

/** Entries of one page. A page is written once; later pages count more. */
const pageSize = 1_000;
/** What is superseded is folded away once there is more of it than of what counts. */
const leastWaste = 2_000;
const mostPages = 100;
const mostConflicts = 1_000;
/** A run writes once for each batch: between two of them there is time to forget it. */
const mostForgettings = 100;

export const mirrorPrefix = (id: string): string => `mirrors/${id}/`;
/** What the lease of a mirror is taken for. */
export const mirrorWork = (id: string): string => `mirror-${id}`;
const statusKey = (id: string) => `${mirrorPrefix(id)}status`;
const intentsKey = (id: string) => `${mirrorPrefix(id)}intents`;
const pagesPrefix = (id: string) => `${mirrorPrefix(id)}pages/`;
const conflictsPrefix = (id: string) => `${mirrorPrefix(id)}conflicts/`;
const uploadsPrefix = (id: string) => `${mirrorPrefix(id)}uploads/`;

/** Names the sending of the file of a place. */
export function uploadId(place: Place): string {
  return sha256Hex(place).slice(0, 32);
}

/** The memory of one mirror, for whoever holds its lease. Every call is durable once it resolves. */
export interface MirrorMemory {
  readonly known: ReadonlyMap<Place, Known>;
  /** Of a run that was cut off. */
  readonly intents: ReadonlyMap<Place, Intent>;
  /** Of large files whose sending was cut off, by their id. */
  readonly uploads: ReadonlyMap<string, UploadRecord>;
  /** What is known from now on (null: nothing), and what is about to be sent. One commit. */
  learn(entries: readonly Entry[], intents?: readonly Intent[]): Promise<void>;
  /** Told again of the same place in the same run, it replaces what it was told. */
  tellConflicts(conflicts: readonly MirrorConflict[]): Promise<void>;
  /** Keeps records of the uploads that `isWorth` names; the others are sent anew. */
  journal(isWorth: (id: string) => boolean): UploadJournal;
  forgetUploads(ids: readonly string[]): Promise<void>;
  /** Gives the lease back. */
  end(summary: MirrorSummary): Promise<void>;
}

export async function openMemory(store: StateStore, id: string, lease: HeldLease): Promise<MirrorMemory> {
  const records = await store.list(mirrorPrefix(id));
  const below = (prefix: string) => records.filter(({ key }) => key.startsWith(prefix));
  const writer = createWriter(lease, records);
  const pages = createPages(pagesPrefix(id), below(pagesPrefix(id)), writer.change);
  const uploads = new Map(
    below(uploadsPrefix(id))
      .map((record) => decoded<UploadRecord>(record))
      .map((record) => [record.id, record]),
  );
  return {
    known: pages.known,
    uploads,
    intents: new Map(
      [...intentsIn(below(intentsKey(id)))].map(([place, intent]) => {
        const digests = intent.digests ?? uploads.get(uploadId(place))?.digests;
        return [place, { ...intent, ...(digests && { digests }) }];
      }),
    ),
    async learn(entries, intents = []) {
      const was = writer.has(intentsKey(id));
      const intentsChange = intents.length > 0 ? [writer.change(intentsKey(id), intents)] : [];
      const forgotten = intents.length === 0 && was ? [writer.change(intentsKey(id), undefined)] : [];
      await writer.commit([...pages.add(entries), ...intentsChange, ...forgotten]);
    },
    tellConflicts: createTelling(id, below(conflictsPrefix(id)), writer),
    journal: (isWorth) => ({
      load: async () => [...uploads.values()],
      async save(changed) {
        const worth = changed.filter((record) => isWorth(record.id));
        for (const record of worth) uploads.set(record.id, record);
        await writer.commit(worth.map((record) => writer.change(uploadsPrefix(id) + record.id, record)));
      },
    }),
    async forgetUploads(ids) {
      const keys = ids.filter((each) => uploads.delete(each)).map((each) => uploadsPrefix(id) + each);
      await writer.commit(keys.filter(writer.has).map((key) => writer.change(key, undefined)));
    },
    async end(summary) {
      const { error, ...last } = summary;
      const status: LastRun = { ...last, ...(error && { error: error.toJSON() }) };
      await lease.end([writer.change(statusKey(id), { schema: 1, last: status }), ...pages.folded()]);
    },
  };
}

/** Writes records under a lease, each in place of the version that was read. */
interface Writer {
  has(key: string): boolean;
  change(key: string, value: unknown): StateChange;
  commit(changes: readonly StateChange[]): Promise<void>;
}

function createWriter(lease: HeldLease, records: readonly StateRecord[]): Writer {
  const versions = new Map(records.map(({ key, version }) => [key, version]));
  return {
    has: (key) => (versions.get(key) ?? 0) > 0,
    change: (key, value) => ({
      key,
      value: value === undefined ? undefined : utf8(JSON.stringify(value)),
      expectedVersion: versions.get(key) ?? 0,
    }),
    async commit(changes) {
      if (changes.length === 0) return;
      const written = await lease.commit(changes);
      changes.forEach(({ key }, index) => versions.set(key, written[index] as number));
    },
  };
}

/** What is known, as pages that are only added; once most of it is superseded, it is written anew. */
function createPages(prefix: string, records: readonly StateRecord[], change: Writer['change']) {
  const known = knownIn(records);
  const keys = new Set(records.map(({ key }) => key));
  let waste = records.reduce((sum, page) => sum + decoded<Entry[]>(page).length, 0) - known.size;
  let next = 1 + Math.max(0, ...records.map(({ key }) => Number(key.slice(prefix.length))));
  const written = (entries: readonly Entry[]): StateChange[] =>
    chunksOf(entries, pageSize).map((chunk) => {
      const key = `${prefix}${String(next++).padStart(8, '0')}`;
      keys.add(key);
      return change(key, chunk);
    });
  return {
    known: known as ReadonlyMap<Place, Known>,
    add(entries: readonly Entry[]): StateChange[] {
      for (const [place, value] of entries) {
        if (known.has(place) || value === null) waste += 1;
        if (value === null) known.delete(place);
        else known.set(place, value);
      }
      return written(entries);
    },
    folded(): StateChange[] {
      if (waste <= Math.max(leastWaste, known.size) && keys.size <= mostPages) return [];
      const old = [...keys].map((key) => change(key, undefined));
      keys.clear();
      waste = 0;
      return [...old, ...written([...known])];
    },
  };
}

function createTelling(id: string, records: readonly StateRecord[], writer: Writer): MirrorMemory['tellConflicts'] {
  const told = new Map(records.map((record) => [record.key, decoded<MirrorConflict>(record)]));
  /** Told by another run, of a version that lies where it was. */
  const sameTold = (key: string, { place, reason }: MirrorConflict) =>
    [...told].filter(([other, one]) => other !== key && !one.keptAt && one.place === place && one.reason === reason);
  return async (conflicts) => {
    // A file that was changed and the folder that needs its place are told of one place: the last word counts.
    const keyed = new Map(conflicts.map((conflict) => [conflictKey(id, conflict), conflict]));
    const changes: StateChange[] = [];
    for (const [key, conflict] of keyed) {
      const same = sameTold(key, conflict);
      const isTold = same.length > 0;
      const isNews = told.has(key) || (isTold ? conflict.keptAt !== undefined : told.size < mostConflicts);
      if (!isNews) continue;
      // Where it lies now is worth more than that it was there.
      for (const [other] of same) if (told.delete(other)) changes.push(writer.change(other, undefined));
      told.set(key, conflict);
      changes.push(writer.change(key, conflict));
    }
    try {
      await writer.commit(changes);
    } catch (error) {
      if (!isDossierError(error, 'revision-conflict')) throw error;
      for (const one of changes) await tellOne(writer, one);
    }
  };
}

/** A person may have put it away meanwhile: then it is told anew, or is gone already. */
async function tellOne(writer: Writer, change: StateChange): Promise<void> {
  try {
    await writer.commit([change]);
  } catch (error) {
    if (!isDossierError(error, 'revision-conflict')) throw error;
    if (change.value !== undefined) await writer.commit([{ ...change, expectedVersion: 0 }]);
  }
}

/** How a mirror stands, without its lease. */
export async function readStatus(store: StateStore, id: string): Promise<MirrorStatus> {
  const last = lastIn(await store.get(statusKey(id)));
  const conflicts = (await store.list(conflictsPrefix(id))).map(
    (record): StoredConflict => ({ ...decoded<MirrorConflict>(record), key: record.key }),
  );
  return { ...(last && { last }), conflicts };
}

/** Puts conflicts away that a person has seen; nothing at either side is touched. */
export async function putConflictsAway(store: StateStore, conflicts: readonly StoredConflict[]): Promise<void> {
  const records = await store.getAll(conflicts.map(({ key }) => key));
  const changes = [...records.values()].map(({ key, version }) => ({
    key,
    value: undefined,
    expectedVersion: version,
  }));
  if (changes.length > 0) await store.commit(changes);
}

/**
 * Forgets a mirror, and takes it from a run that is under way, here or in another process: that ends with `lease-lost`
 * and writes nothing more of what it did. What the mirror made at the destination stays.
 */
export async function forgetMirror(store: StateStore, id: string): Promise<void> {
  const attempts = createBudget(mostForgettings, () => new DossierError('locked', 'This mirror is busy'));
  for (;;) {
    attempts.spend();
    const lease = await store.get(leaseKey(mirrorWork(id)));
    const records = [...(await store.list(mirrorPrefix(id))), ...(lease ? [lease] : [])];
    const changes = records.map(({ key, version }) => ({ key, value: undefined, expectedVersion: version }));
    try {
      if (changes.length > 0) await store.commit(changes);
      return;
    } catch (error) {
      // The run has written meanwhile.
      if (!isDossierError(error, 'revision-conflict')) throw error;
    }
  }
}

/** What is known, as it lies in the store, without a lease: for plans. */
export async function readKnown(
  store: StateStore,
  id: string,
): Promise<{ readonly known: Map<Place, Known>; readonly intents: Map<Place, Intent> }> {
  const records = await store.list(mirrorPrefix(id));
  const pages = records.filter(({ key }) => key.startsWith(pagesPrefix(id)));
  return { known: knownIn(pages), intents: intentsIn(records.filter(({ key }) => key === intentsKey(id))) };
}

function intentsIn(records: readonly StateRecord[]): Map<Place, Intent> {
  return new Map(records.flatMap((record) => decoded<Intent[]>(record)).map((intent) => [intent.place, intent]));
}

function knownIn(pages: readonly StateRecord[]): Map<Place, Known> {
  const known = new Map<Place, Known>();
  for (const page of pages) {
    for (const [place, value] of decoded<Entry[]>(page)) {
      if (value === null) known.delete(place);
      else known.set(place, value);
    }
  }
  return known;
}

function lastIn(record: StateRecord | undefined): LastRun | undefined {
  if (!record) return undefined;
  const value = parseJsonBytes(record.value, 'state-corrupt', say`The record "${record.key}"`);
  if (!isRecord(value) || value['schema'] !== 1 || !isRecord(value['last']))
    throw new DossierError('state-corrupt', say`The record "${record.key}" is not that of a mirror`);
  return value['last'] as unknown as LastRun;
}

/** Sorted by time; one for each place of a run. */
function conflictKey(id: string, { at, place }: MirrorConflict): string {
  return `${conflictsPrefix(id)}${String(at).padStart(13, '0')}-${sha256Hex(place).slice(0, 16)}`;
}

function decoded<T>({ key, value }: StateRecord): T {
  return parseJsonBytes(value, 'state-corrupt', say`The record "${key}"`) as T;
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
