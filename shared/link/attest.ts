import { throwIfCancelled } from '../core/errors.ts';
import type { Drive } from '../drive/drive.ts';
import type { FileEntry } from '../drive/entry.ts';
import { ofEntry } from '../drive/unreadable.ts';
import { readContent } from './content.ts';
import type { KnownFile } from './knownFile.ts';
import { isActive, type Link } from './link.ts';
import type { LinkState } from './linkStore.ts';
import type { LinkWork } from './linkWork.ts';
import { isSameListing } from './verdict.ts';

export interface AttestOptions extends LinkWork {
  /** Told after each file. */
  readonly onProgress?: (progress: AttestProgress) => void;
}

export interface AttestProgress {
  /** Files that were recorded by the provider's word alone. */
  readonly files: number;
  /** Of these, read so far. */
  readonly read: number;
  /** Of these, attested; the others had changed meanwhile: the next walk tells. */
  readonly attested: number;
}

/**
 * For links with `providerThenDownload`: reads what was recorded by the provider's word alone, and records its SHA-256
 * as `Attest` on the same version, so that it is found by the hash that everybody uses. Runs in the background after a
 * walk, file by file, streamed: cut off anywhere, the next run goes on with the files that are left. A walk may go on
 * meanwhile; what it changed is left to the next run. Does nothing for other links. Codes: those of the drive, the
 * ledger and the store.
 */
export async function attestLink(options: AttestOptions): Promise<AttestProgress> {
  const { id, links, states, drive, signal, onProgress } = options;
  const none: AttestProgress = { files: 0, read: 0, attested: 0 };
  const link = await links.get(id, signal);
  if (!link || !isActive(link) || link.hashPolicy !== 'providerThenDownload') return none;
  // A walk that was cut off comes first: nothing would be recorded of what is read before.
  if (
    (await states.hold(id, drive.capabilities.caseSensitive, async ({ position }) => position.mode, signal)) !== 'rest'
  )
    return none;
  const assets = (await links.files(link, signal))
    .filter((file) => isOnlyListed(file, drive))
    .map(({ asset }) => asset);
  let progress: AttestProgress = { ...none, files: assets.length };
  for (const asset of assets) {
    throwIfCancelled(signal);
    const known = await links.file(link, asset, signal);
    const attested =
      known !== undefined && isOnlyListed(known, drive) && (await attestIfReadable(options, link, known));
    progress = { ...progress, read: progress.read + 1, attested: progress.attested + (attested ? 1 : 0) };
    onProgress?.(progress);
  }
  return progress;
}

/** A document that a hashing service has no hash of has no bytes either. */
function isOnlyListed({ live, digests }: KnownFile, { capabilities: { listedDigest } }: Drive): boolean {
  return live && digests.sha256 === undefined && (listedDigest === undefined || digests[listedDigest] !== undefined);
}

/** One that cannot be read is left to the next run, and does not keep the others from it. */
async function attestIfReadable(options: AttestOptions, link: Link, known: KnownFile): Promise<boolean> {
  try {
    return await attestFile(options, link, known);
  } catch (error) {
    const { code } = ofEntry(error);
    if (code === 'locked') throw error;
    return false;
  }
}

/** True when the file was still the one that was recorded. */
async function attestFile(options: AttestOptions, link: Link, known: KnownFile): Promise<boolean> {
  const { drive, links, ledger, states, clock, signal } = options;
  const entry = await drive.stat({ path: known.path, ...(known.id === undefined ? {} : { id: known.id }) }, { signal });
  if (entry?.type !== 'file' || !entry.downloadable || !isRecorded(entry, known)) return false;
  const content = await readContent(drive, entry, signal);
  if (!content) return false;
  const record = async (state: LinkState): Promise<boolean> => {
    const current = state.index.get(known.asset);
    const still = await links.get(link.id, signal);
    // Of a walk that was cut off meanwhile, what it has recorded and not stored is not known here.
    if (
      !still ||
      !isActive(still) ||
      state.position.mode !== 'rest' ||
      !current ||
      !isOnlyListed(current, drive) ||
      current.index !== known.index
    )
      return false;
    const { asset, path, index } = current;
    const details = { hashSource: content.hashSource, link: link.id };
    const [recorded] = await ledger.append(
      [
        {
          event: 'Attest',
          asset,
          subjects: [content.digests],
          occasion: `${link.id} ${index}`,
          observedAt: clock.now(),
          masked: { path },
          details,
        },
      ],
      signal,
    );
    const file: KnownFile = { ...current, ...content, index: recorded?.index ?? index };
    state.index.put(file);
    await state.save([file], state.position, signal);
    return true;
  };
  // Reading may take long, and others may walk meanwhile; only this needs the link to itself.
  return states.hold(link.id, drive.capabilities.caseSensitive, record, signal);
}

function isRecorded(entry: FileEntry, known: KnownFile): boolean {
  return known.digests.dropboxContentHash === undefined
    ? isSameListing(known, entry)
    : entry.digest === known.digests.dropboxContentHash;
}
