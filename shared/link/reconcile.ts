import { utf8 } from '../core/bytes.ts';
import { sha256Hex } from '../core/hashing.ts';
import type { Change } from '../drive/changes.ts';
import type { FileEntry } from '../drive/entry.ts';
import type { Occurrence } from '../ledger/log/log.ts';
import type { Content } from './content.ts';
import type { FileIndex } from './fileIndex.ts';
import type { KnownFile } from './knownFile.ts';
import type { Link } from './link.ts';
import { type FileVerdict, verdictsOn } from './verdict.ts';

/** Something that happened to a file of a link, before it is recorded. */
export interface Happening {
  readonly verdict: FileVerdict;
  /** As it is known from now on. */
  readonly file: KnownFile;
  readonly occurrence: Occurrence;
}

/** The files whose place a change takes away. They may be elsewhere: only the end of the walk tells. */
export function takenAway(index: FileIndex, change: Change, asset: string | undefined): KnownFile[] {
  if (change.type === 'gone') return index.within(change.path);
  const { entry } = change;
  // A folder replaces a file of its name and leaves what is in it; a file replaces whatever was there.
  return index
    .within(entry.path)
    .filter((file) => file.asset !== asset && (entry.type === 'file' || file.path.length === entry.path.length));
}

export interface Sighting {
  readonly link: Link;
  readonly asset: string;
  readonly entry: FileEntry;
  readonly content: Content;
  readonly known: KnownFile | undefined;
  /** The asset that had this content before, for a file that is new. */
  readonly derivedFrom: string | undefined;
  /** Number of the full listing that named it, or of the last one. */
  readonly walk: number;
  readonly caseSensitive: boolean;
  readonly now: number;
}

/**
 * What a file that is seen means: what happened to it, in the order in which it is recorded, and what is known of it
 * from now on.
 */
export function sight(sighting: Sighting): { readonly file: KnownFile; readonly happenings: Happening[] } {
  const { asset, entry, content, known, walk, derivedFrom } = sighting;
  const verdicts = verdictsOn(known, { ...entry, digests: content.digests }, sighting.caseSensitive);
  const file: KnownFile = {
    asset,
    path: entry.path,
    ...(entry.id === undefined ? {} : { id: entry.id }),
    revision: entry.revision,
    size: entry.size,
    modified: entry.modified,
    ...(entry.unsettled && { unsettled: true }),
    digests: content.digests,
    hashSource: content.hashSource,
    live: true,
    walk,
    index: known?.index ?? -1,
  };
  const happenings = verdicts.map((verdict): Happening => {
    const isContent = verdict === 'Register' || verdict === 'Publish';
    const { digests, hashSource } = isContent || verdict === 'Attest' || !known ? content : known;
    return {
      verdict,
      file,
      occurrence: {
        event: verdict,
        asset,
        subjects: [digests],
        occasion: occasionOf(sighting, verdict),
        observedAt: sighting.now,
        masked: { name: entry.name, path: entry.path, ...(isContent ? { size: entry.size } : {}) },
        details: {
          hashSource,
          link: sighting.link.id,
          ...(isContent ? { claimed: { serverModified: new Date(entry.modified).toISOString() } } : {}),
          ...(verdict === 'Register' && derivedFrom !== undefined ? { derivedFrom } : {}),
        },
      },
    };
  });
  return { file, happenings };
}

/**
 * What makes an event this one and no other, the same each time that it is found again: which statement of the asset it
 * follows, and what it led to.
 */
function occasionOf({ link, known, entry, content }: Sighting, verdict: FileVerdict): string {
  if (!known) return 'first';
  const outcome = verdict === 'Publish' || verdict === 'Attest' ? JSON.stringify(content.digests) : entry.path;
  return `${link.id} ${known.index} ${sha256Hex(utf8(outcome))}`;
}

/** A file that is gone. */
export function lose(link: Link, known: KnownFile, now: number): Happening {
  const file: KnownFile = { ...known, live: false };
  const { asset, digests, hashSource, path } = known;
  return {
    verdict: 'Delete',
    file,
    occurrence: {
      event: 'Delete',
      asset,
      subjects: [digests],
      occasion: `${link.id} ${known.index}`,
      observedAt: now,
      masked: { path },
      details: { hashSource, link: link.id },
    },
  };
}
