import {
  DossierError,
  type EntryRef,
  type HashPolicy,
  type Link,
  type LinkRequest,
  type RecordedChange,
  retry,
  type LinkedFolders as SharedLinkedFolders,
  say,
  toDossierError,
  vouchForRecorded,
  type WalkProgress,
  type WalkWishes,
} from '../../shared/index.ts';
import { clock } from './clock.ts';
import type { OpenedConnection } from './connection.ts';
import type { NodeContext } from './context.ts';
import type { ReportStore } from './reportStore.ts';

/**
 * A walk reads many records of the store one after the other; looking anew for each would make most of its requests.
 */
export const staleMs = 1_000;

export interface Walked extends WalkProgress {
  /** Where in the ledger the statements are that this walk recorded. */
  readonly indexes: readonly number[];
}

/** Linked folders as one execution uses them, for the connection that it has. */
export interface LinkedFolders extends Omit<SharedLinkedFolders, 'link' | 'walk' | 'attest'> {
  /** Links a folder; the first walk scans it. */
  link(folder: EntryRef, policies: Pick<LinkRequest, 'hashPolicy' | 'privacy'>): Promise<Link>;
  /** Finds out what changed since the last walk, and records it. */
  walk(link: Link, options?: Pick<WalkWishes, 'sweep' | 'everywhereAfterMs'>): Promise<Walked>;
  /**
   * Reads and attests what was recorded by the service's word alone, where the link wants that; gives the number of
   * files.
   */
  attest(link: Link): Promise<number>;
  /** Has what was recorded time-stamped, where the key names an authority; says why when that failed. */
  vouch(): Promise<DossierError | undefined>;
}

/** Opens them, and begins the ledger where there is none. */
export async function beginLinkedFolders(
  { connection }: OpenedConnection,
  store: ReportStore,
  signal?: AbortSignal,
): Promise<LinkedFolders> {
  return forConnection(connection.id, await store.linkedFolders(await store.beginLedger(signal), signal), signal);
}

/** Opens them; undefined where nothing was ever recorded. */
export async function findLinkedFolders(
  { connection }: OpenedConnection,
  store: ReportStore,
  signal?: AbortSignal,
): Promise<LinkedFolders | undefined> {
  const ledger = await store.ledger(signal);
  return ledger && forConnection(connection.id, await store.linkedFolders(ledger, signal), signal);
}

function forConnection(connection: string, folders: SharedLinkedFolders, signal?: AbortSignal): LinkedFolders {
  return {
    ...folders,
    link: (folder, policies) => folders.link({ connection, folder, ...policies }),
    async walk(link, how = {}) {
      const indexes: number[] = [];
      const onRecorded = (changes: readonly RecordedChange[]) =>
        void indexes.push(...changes.map(({ index }) => index));
      return { ...(await folders.walk(link, { ...how, onRecorded })), indexes };
    },
    attest: async (link) => (await folders.attest(link)).attested,
    vouch: () => vouchForRecorded(folders.ledger, signal),
  };
}

/** For a trigger, whose user sees no hint, and whose items come whether or not an authority answers. */
export async function vouchOrWarn(folders: LinkedFolders, { logger }: NodeContext): Promise<void> {
  const unstamped = await folders.vouch().catch(toDossierError);
  if (unstamped)
    logger.warn(`What was recorded of linked folders carries no time stamp: ${unstamped.message} (${unstamped.code})`);
}

/** Where the service tells a hash, nothing is downloaded; elsewhere only reading tells one content from another. */
export function usualHashPolicy({ drive }: OpenedConnection): HashPolicy {
  return drive.capabilities.listedDigest === undefined ? 'download' : 'provider';
}

/** A folder as it is now, with the id by which it is found after it was renamed. */
export async function existingFolder(
  { drive }: OpenedConnection,
  ref: EntryRef,
  signal?: AbortSignal,
): Promise<EntryRef> {
  if (ref.id === undefined && ref.path === '/') return ref;
  const entry = await retry(() => drive.stat(ref, { signal }), { clock, signal });
  if (entry === undefined)
    throw new DossierError('not-found', say`There is no folder at "${ref.id ?? ref.path}"`, { path: ref.path });
  if (entry.type !== 'folder')
    throw new DossierError('type-mismatch', say`"${entry.path}" is a file: link the folder that it is in`, {
      path: entry.path,
    });
  return entry;
}
