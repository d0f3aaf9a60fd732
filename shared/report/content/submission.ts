import { DossierError } from '../../core/errors.ts';
import type { Digests } from '../../core/hashing.ts';
import { say } from '../../core/sentence.ts';
import type { Context } from '../../drive/drive.ts';
import type { FileEntry } from '../../drive/entry.ts';
import type { Proof } from '../../drive/uploadSession.ts';
import type { UploadRecord } from '../../upload/upload.ts';
import type { Destination, Report } from '../model/report.ts';
import { companionNames } from './companions.ts';
import type { Delivery, Original } from './delivery.ts';
import { encodeDescription } from './description.ts';
import type { Derivation, Manifest, ManifestFile } from './manifest.ts';
import { type Part, partsOf } from './parts.ts';
import { sidecarsAmong } from './sidecars.ts';

/** A file that was proved to be at the destination. */
export interface DeliveredFile {
  /** Absent for the description. */
  readonly attachment?: string;
  readonly entry: FileEntry;
  readonly digests: Digests;
  readonly proof: Proof;
  /** The file that it was made of, where it is a copy. */
  readonly derivedFrom?: Derivation;
}

/** A report that is whole at its destination. */
export interface Submission {
  readonly report: string;
  readonly connection: string;
  readonly destination: Destination;
  readonly manifest: Manifest;
  /** The description, then the attachments in the order of the report. */
  readonly files: readonly DeliveredFile[];
}

/**
 * Puts a submission into a ledger; resolves when it is durable there. `receipt` is the text of a Sigstore bundle, to be
 * laid beside the manifest. Must be safe to repeat: one report makes one entry, however often it is told. `earlier` is
 * a receipt that somebody says was given for it before; it must be examined before it is given again.
 */
export type AppendSubmission = (
  submission: Submission,
  context: Context & { readonly earlier?: string },
) => Promise<{ readonly receipt?: string }>;

interface Described {
  readonly report: Report;
  readonly encoding?: string | undefined;
}

/** What was delivered, from the records of its uploads. */
export function describeSubmission(order: Described, delivery: Delivery, records: readonly UploadRecord[]): Submission {
  const { report } = order;
  const delivered = partsOf(report, delivery).map((part) => {
    const record = records.find(({ id }) => id === part.id);
    if (!record?.committed || !record.digests)
      throw new DossierError('state-corrupt', say`The record of "${part.name}" at the destination is gone`);
    return { part, digests: record.digests, ...record.committed };
  });
  const { path, id } = delivery.folder!;
  const told = delivered.map(({ part, entry, digests }) =>
    manifestFile(part, entry, digests, originalFor(part, delivery)),
  );
  return {
    report: report.id,
    connection: report.connection,
    destination: { path, ...(id === undefined ? {} : { id }) },
    manifest: manifestOf(order, delivery, told),
    files: delivered.map(({ part, entry, digests, proof }, index) => {
      const derivedFrom = told[index]?.derivedFrom;
      return {
        ...(part.attachment ? { attachment: part.attachment.id } : {}),
        entry,
        digests,
        proof,
        ...(derivedFrom ? { derivedFrom } : {}),
      };
    }),
  };
}

/** The manifest of a sending that has brought these files. */
export function manifestOf(
  { report, encoding }: Described,
  { sent, companions }: Delivery,
  files: readonly ManifestFile[],
): Manifest {
  return {
    dossier: 1,
    report: report.id,
    title: report.title,
    created: time(report.created),
    modified: time(report.modified),
    sent: time(sent),
    descriptionEncoding: encodeDescription(report.description, encoding).encoding,
    files: companions?.sidecars ? withSidecars(files) : files,
    ...(companions?.submittedBy === undefined ? {} : { submittedBy: companions.submittedBy }),
    ...(companions === undefined ? {} : { companions: companionNames(companions) }),
  };
}

/** Says which files came with which, by the names that they were attached under. */
function withSidecars(files: readonly ManifestFile[]): ManifestFile[] {
  const sidecars = sidecarsAmong(files.map(({ name, originalName }) => originalName ?? name));
  return files.map((file, place) => {
    const { kind, of } = sidecars.get(place) ?? {};
    return {
      ...file,
      ...(kind === undefined ? {} : { sidecar: kind }),
      ...(of === undefined ? {} : { arrivedWith: files[of]!.name }),
    };
  });
}

/** What the manifest says of a file that is at the destination, or is to arrive there. */
export function manifestFile(
  part: Part,
  entry: Pick<FileEntry, 'name' | 'size'>,
  digests: Pick<Digests, 'sha256'>,
  original?: Original,
): ManifestFile {
  const originalName = part.attachment?.name ?? entry.name;
  return {
    name: entry.name,
    size: entry.size,
    mediaType: part.mediaType,
    sha256: digests.sha256,
    ...(originalName === entry.name ? {} : { originalName }),
    ...(original?.sha256 === undefined
      ? {}
      : { derivedFrom: { sha256: original.sha256, size: original.size, change: 'metadata-removed' } }),
  };
}

/** The original of a part that is a copy. */
export function originalFor({ attachment }: Part, { originals }: Delivery): Original | undefined {
  return attachment?.metadata === 'remove' ? originals?.[attachment.id] : undefined;
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
