import { foldedName } from '../core/names.ts';
import { type DrivePath, isWithin } from '../core/paths.ts';
import type { Clock } from '../core/ports.ts';
import { type RetryPolicy, retry } from '../core/retry.ts';
import type { Drive } from '../drive/drive.ts';
import type { Account, EntryRef, FileEntry } from '../drive/entry.ts';
import type { LedgerService } from '../ledger/backends/backend.ts';
import { createEmbeddedLedger } from '../ledger/backends/embedded.ts';
import { type Ledger, ledgerName } from '../ledger/openLedger.ts';
import { assetId } from '../ledger/statement/asset.ts';
import { type AttestOptions, type AttestProgress, attestLink } from '../link/attest.ts';
import type { Link } from '../link/link.ts';
import { createLinkStore, type LinkStore } from '../link/linkStore.ts';
import { createLinks, type LinkRequest, type Links } from '../link/links.ts';
import { type WalkOptions, type WalkProgress, walkLink } from '../link/walk.ts';

/** The folders of an account that are linked to a ledger. */
export interface LinkedFolders {
  readonly drive: Drive;
  /** The account that the connection signs in to. One account may be connected more than once. */
  readonly account: Account;
  readonly ledger: Ledger;
  readonly records: LedgerService;
  readonly links: Links;
  /** Those of the account; with `all` also those that were unlinked. */
  list(all?: boolean): Promise<Link[]>;
  /** The linked folder that a folder is, or lies in. */
  around(folder: EntryRef): Promise<Link | undefined>;
  /** What a link knows the file as. */
  assetOf(link: Pick<Link, 'kind' | 'account'>, file: Pick<FileEntry, 'id' | 'path'>): string;
  /** Links a folder; the first walk scans it. */
  link(request: Pick<LinkRequest, 'connection' | 'folder' | 'hashPolicy' | 'privacy'>): Promise<Link>;
  unlink(link: Pick<Link, 'id'>): Promise<void>;
  /** Finds out what changed since the last walk, and records it. */
  walk(link: Pick<Link, 'id'>, options?: WalkWishes): Promise<WalkProgress>;
  /** Reads and attests what was recorded by the service's word alone, where the link wants that. */
  attest(link: Pick<Link, 'id'>, options?: Pick<AttestOptions, 'signal'>): Promise<AttestProgress>;
}

export type WalkWishes = Pick<WalkOptions, 'sweep' | 'everywhereAfterMs' | 'signal' | 'onProgress' | 'onRecorded'>;

export interface LinkedFoldersOptions {
  readonly ledger: Ledger;
  readonly drive: Drive;
  readonly account: Account;
  readonly states: LinkStore;
  readonly clock: Clock;
  /** How patiently the service is asked again; the usual one unless given. */
  readonly policy?: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
}

export function createLinkedFolders(options: LinkedFoldersOptions): LinkedFolders {
  const { ledger, drive, account, states, clock, policy, signal } = options;
  const { store, log, assetKey } = ledger;
  const records = createEmbeddedLedger(log);
  const links = createLinks({ store, clock, assetKey });
  const work = { links, states, drive, ledger: records, clock };
  const again = <T>(action: () => Promise<T>) => retry(action, { clock, signal, ...(policy && { policy }) });
  const list: LinkedFolders['list'] = (all = false) =>
    links.list({ kind: drive.kind, account: account.id, ledger: ledgerName, all }, signal);
  return {
    drive,
    account,
    ledger,
    records,
    links,
    list,
    async around({ path, id }) {
      const holds = ({ folder }: Link) =>
        (id !== undefined && folder.id === id) ||
        isWithin(foldedName(path) as DrivePath, foldedName(folder.path) as DrivePath);
      return (await list()).find(holds);
    },
    assetOf: (link, { id, path }) => assetId(assetKey, { kind: link.kind, account: link.account, file: id ?? path }),
    link(request) {
      const named = { ...request, kind: drive.kind, account: account.id, ledger: ledgerName };
      return again(() => links.link(named, records, signal));
    },
    unlink: ({ id }) => again(() => links.unlink(id, records, signal)),
    walk: ({ id }, wishes = {}) => walkLink({ ...work, assetKey, signal, ...wishes, id }),
    attest: ({ id }, wishes = {}) => attestLink({ ...work, signal, ...wishes, id }),
  };
}

/** Opens linked folders; remembers what of them lives as long as the process: who is signed in, and what is held. */
export function createLinkedFoldersOpener(store: Ledger['store'], clock: Clock) {
  const states = createLinkStore(store, clock);
  const accounts = new WeakMap<Drive, Account>();
  return async (
    ledger: Ledger,
    drive: Drive,
    options: Pick<LinkedFoldersOptions, 'policy' | 'signal'> = {},
  ): Promise<LinkedFolders> => {
    const { policy, signal } = options;
    const account =
      accounts.get(drive) ??
      (await retry(() => drive.account({ signal }), { clock, signal, ...(policy && { policy }) }));
    accounts.set(drive, account);
    return createLinkedFolders({ ...options, ledger, drive, account, states, clock });
  };
}
