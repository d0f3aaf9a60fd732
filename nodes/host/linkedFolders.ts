import {
  assetId,
  attestLink,
  createEmbeddedLedger,
  createLinkStore,
  createLinks,
  DossierError,
  type DrivePath,
  type EntryRef,
  type FileEntry,
  foldedName,
  type HashPolicy,
  isWithin,
  type Ledger,
  type LedgerService,
  type Link,
  type LinkRequest,
  type Links,
  ledgerName,
  type RecordedChange,
  retry,
  say,
  toDossierError,
  vouchForRecorded,
  type WalkOptions,
  type WalkProgress,
  walkLink,
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

/** The folders of an account that are linked to the ledger in its connected folder. */
export interface LinkedFolders {
  readonly links: Links;
  readonly ledger: Ledger;
  readonly service: LedgerService;
  /** The account that the connection signs in to. */
  readonly account: string;
  /** With `all` also those that were unlinked. */
  list(all?: boolean): Promise<Link[]>;
  /** The linked folder that a folder is, or lies in. */
  around(folder: EntryRef): Promise<Link | undefined>;
  /** What a link knows the file as. */
  assetOf(link: Link, file: FileEntry): string;
  /** Links a folder; the first walk scans it. */
  link(folder: EntryRef, policies: Pick<LinkRequest, 'hashPolicy' | 'privacy'>): Promise<Link>;
  unlink(link: Link): Promise<void>;
  /** Finds out what changed since the last walk, and records it. */
  walk(link: Link, options?: Pick<WalkOptions, 'sweep' | 'everywhereAfterMs'>): Promise<Walked>;
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
  opened: OpenedConnection,
  store: ReportStore,
  signal?: AbortSignal,
): Promise<LinkedFolders> {
  return openedWith(opened, await store.beginLedger(signal), signal);
}

/** Opens them; undefined where nothing was ever recorded. */
export async function findLinkedFolders(
  opened: OpenedConnection,
  store: ReportStore,
  signal?: AbortSignal,
): Promise<LinkedFolders | undefined> {
  const ledger = await store.ledger(signal);
  return ledger && openedWith(opened, ledger, signal);
}

async function openedWith(
  { connection, drive }: OpenedConnection,
  ledger: Ledger,
  signal: AbortSignal | undefined,
): Promise<LinkedFolders> {
  const { store, log, assetKey } = ledger;
  const service = createEmbeddedLedger(log);
  const links = createLinks({ store, clock, assetKey });
  const states = createLinkStore(store, clock);
  const again = <T>(action: () => Promise<T>) => retry(action, { clock, signal });
  const { id: account } = await again(() => drive.account({ signal }));
  const list: LinkedFolders['list'] = (all = false) =>
    links.list({ kind: drive.kind, account, ledger: ledgerName, all }, signal);
  return {
    links,
    ledger,
    service,
    account,
    list,
    async around({ path, id }) {
      const holds = ({ folder }: Link) =>
        (id !== undefined && folder.id === id) ||
        isWithin(foldedName(path) as DrivePath, foldedName(folder.path) as DrivePath);
      return (await list()).find(holds);
    },
    assetOf: ({ kind, account }, { id, path }) => assetId(assetKey, { kind, account, file: id ?? path }),
    link: (folder, policies) =>
      again(() =>
        links.link(
          { connection: connection.id, kind: drive.kind, account, folder, ledger: ledgerName, ...policies },
          service,
          signal,
        ),
      ),
    unlink: ({ id }) => again(() => links.unlink(id, service, signal)),
    async walk({ id }, how = {}) {
      const indexes: number[] = [];
      const onRecorded = (changes: readonly RecordedChange[]) =>
        void indexes.push(...changes.map(({ index }) => index));
      return {
        ...(await walkLink({ id, links, states, drive, ledger: service, clock, assetKey, ...how, signal, onRecorded })),
        indexes,
      };
    },
    attest: async ({ id }) => (await attestLink({ id, links, states, drive, ledger: service, clock, signal })).attested,
    vouch: () => vouchForRecorded(ledger, signal),
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
