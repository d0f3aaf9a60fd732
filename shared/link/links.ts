import { utf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { foldedName } from '../core/names.ts';
import { type DrivePath, isWithin } from '../core/paths.ts';
import type { Clock } from '../core/ports.ts';
import { say } from '../core/sentence.ts';
import type { EntryRef } from '../drive/entry.ts';
import type { LedgerService } from '../ledger/backends/backend.ts';
import type { Occurrence } from '../ledger/log/log.ts';
import { assetId } from '../ledger/statement/asset.ts';
import type { StateStore } from '../state/state.ts';
import { digestOfFolder, type KnownFile, parseKnownFile } from './knownFile.ts';
import { isActive, type Link, linkKeys, linksPrefix, parseLink } from './link.ts';

export type LinkRequest = Pick<
  Link,
  'connection' | 'kind' | 'account' | 'folder' | 'ledger' | 'hashPolicy' | 'privacy'
>;

export interface LinkFilter extends Partial<Pick<Link, 'connection' | 'kind' | 'account' | 'ledger'>> {
  readonly all?: boolean;
}

export interface LinksOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  /** Turns folder identities into ids of links, and file identities into assets. */
  readonly assetKey: Uint8Array;
}

/** The linked folders of a store: several accounts, several ledgers, side by side. */
export interface Links {
  /** Linked folders that the filter lets through, and with `all` also those that were unlinked. */
  list(filter?: LinkFilter, signal?: AbortSignal): Promise<Link[]>;
  get(id: string, signal?: AbortSignal): Promise<Link | undefined>;
  /**
   * Binds a folder to a ledger, which is told; the first walk then scans it. A folder that is linked already takes the
   * new policies; one that was linked before is continued, and its first walk records the gap. `already-exists` when a
   * folder around it or in it is linked to the same ledger.
   */
  link(request: LinkRequest, ledger: LedgerService, signal?: AbortSignal): Promise<Link>;
  /**
   * Ends a link; the ledger is told. What was recorded stays, and so does what is known of the files, for the day it is
   * linked again.
   */
  unlink(id: string, ledger: LedgerService, signal?: AbortSignal): Promise<void>;
  /**
   * Ends all links of a connection, in whichever ledgers, and gives those that it ended. Cut off, it can be asked again
   * for the rest. Permission at the provider is taken back apart from this, afterwards.
   */
  disconnect(
    connection: string,
    ledgerOf: (ledger: string) => LedgerService | Promise<LedgerService>,
    signal?: AbortSignal,
  ): Promise<Link[]>;
  /** Live files of a link. */
  files(link: Link, signal?: AbortSignal): Promise<KnownFile[]>;
  /** What is known of one file of a link, also of one that is gone. */
  file(link: Link, asset: string, signal?: AbortSignal): Promise<KnownFile | undefined>;
  /** True when a file that left this link lies in another folder that is linked to the same ledger. */
  isElsewhere(link: Link, asset: string, signal?: AbortSignal): Promise<boolean>;
}

export function createLinks({ store, clock, assetKey }: LinksOptions): Links {
  const read = async (id: string, signal?: AbortSignal) => {
    const record = await store.get(linkKeys(id).link, signal);
    return record && { record, link: parseLink(record) };
  };
  const write = async (link: Link, expectedVersion: number, signal?: AbortSignal): Promise<Link> => {
    await store.commit([{ key: linkKeys(link.id).link, value: utf8(JSON.stringify(link)), expectedVersion }], signal);
    return link;
  };
  const knownOf = async (id: string, signal?: AbortSignal) =>
    (await store.list(linkKeys(id).files, signal)).map(parseKnownFile);

  const links: Links = {
    async list({ all = false, ...wanted } = {}, signal) {
      const isWanted = (link: Link) =>
        (all || isActive(link)) &&
        Object.entries(wanted).every(([field, value]) => link[field as keyof typeof wanted] === value);
      return (await store.list(linksPrefix, signal)).map(parseLink).filter(isWanted);
    },
    get: async (id, signal) => (await read(id, signal))?.link,
    async link(request, ledger, signal) {
      const { kind, account, ledger: name, folder } = request;
      const id = linkId(assetKey, request);
      const before = await read(id, signal);
      for (const other of await links.list({ kind, account, ledger: name }, signal))
        if (other.id !== id) demandApart(folder.path, other.folder.path);
      const active = before !== undefined && isActive(before.link);
      const { unlinkedAt: _, ...kept } = before?.link ?? { linkedAt: clock.now(), generation: 0 };
      const { path, id: folderId } = folder;
      const link: Link = {
        ...request,
        folder: { path, ...(folderId === undefined ? {} : { id: folderId }) },
        id,
        linkedAt: active ? kept.linkedAt : clock.now(),
        generation: active ? kept.generation : kept.generation + 1,
      };
      // The ledger first: told twice it records once, but a link that it was never told of would be a lie.
      if (!active) await ledger.append([linkOccurrence('Link', link, await knownOf(id, signal), clock.now())], signal);
      return write(link, before?.record.version ?? 0, signal);
    },
    async unlink(id, ledger, signal) {
      const before = await read(id, signal);
      if (!before || !isActive(before.link)) return;
      const unlinkedAt = clock.now();
      await ledger.append([linkOccurrence('Unlink', before.link, await knownOf(id, signal), unlinkedAt)], signal);
      await write({ ...before.link, unlinkedAt }, before.record.version, signal);
    },
    async disconnect(connection, ledgerOf, signal) {
      const ended = await links.list({ connection }, signal);
      for (const { id, ledger } of ended) await links.unlink(id, await ledgerOf(ledger), signal);
      return ended;
    },
    files: async (link, signal) => (await knownOf(link.id, signal)).filter(({ live }) => live),
    async file(link, asset, signal) {
      const record = await store.get(linkKeys(link.id).file(asset), signal);
      return record && parseKnownFile(record);
    },
    async isElsewhere(link, asset, signal) {
      for (const other of await links.list({ ledger: link.ledger }, signal)) {
        if (other.id !== link.id && (await links.file(other, asset, signal))?.live) return true;
      }
      return false;
    },
  };
  return links;
}

function linkId(
  assetKey: Uint8Array,
  { kind, account, folder, ledger }: Pick<Link, 'kind' | 'account' | 'folder' | 'ledger'>,
): string {
  return assetId(assetKey, { kind: `link ${kind}`, account, file: JSON.stringify([ledger, folder.id ?? folder.path]) });
}

/** What the ledger is told of a link as a whole: the digest stands for all files and their contents at that time. */
export function linkOccurrence(
  event: 'Link' | 'Unlink' | 'GapStart' | 'GapEnd',
  link: Link,
  files: Iterable<KnownFile>,
  observedAt: number,
  occasion = String(link.generation),
): Occurrence {
  return {
    event,
    asset: link.id,
    subjects: [{ sha256: digestOfFolder(files) }],
    occasion,
    observedAt,
    masked: { path: link.folder.path },
    details: { link: link.id },
  };
}

function demandApart(folder: DrivePath, other: DrivePath): void {
  const [a, b] = [foldedName(folder) as DrivePath, foldedName(other) as DrivePath];
  if (isWithin(a, b))
    throw new DossierError('already-exists', say`${other} is linked to this ledger, with all its subfolders`, {
      advice: null,
      path: folder,
    });
  if (isWithin(b, a))
    throw new DossierError('already-exists', say`The subfolder ${other} is linked to this ledger: unlink it first`, {
      advice: null,
      path: folder,
    });
}

/**
 * What has to be done so that exactly the ticked folders are linked. A folder is the same by its id, or by its path
 * where it has none.
 */
export function planLinks(
  linked: readonly Link[],
  ticked: readonly EntryRef[],
): { readonly link: EntryRef[]; readonly unlink: Link[] } {
  const nameOf = ({ id, path }: EntryRef) => id ?? path;
  const [have, want] = [new Set(linked.map(({ folder }) => nameOf(folder))), new Set(ticked.map(nameOf))];
  return {
    link: ticked.filter((folder) => !have.has(nameOf(folder))),
    unlink: linked.filter(({ folder }) => !want.has(nameOf(folder))),
  };
}
