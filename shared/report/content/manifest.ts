import { utf8 } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';

export interface ManifestFile {
  /** At the destination. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly mediaType: string;
  readonly sha256: string;
  /** The name that the user gave, where the destination has another. */
  readonly originalName?: string;
  /** The file that this one was made of, and that was not sent. */
  readonly derivedFrom?: Derivation;
  /** A file that a tool laid beside another, by its name (`sidecarsAmong`). */
  readonly sidecar?: string;
  /** Name at the destination of the file that a sidecar came with, where the names say which. */
  readonly arrivedWith?: string;
}

export interface Derivation {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** What was done to it. */
  readonly change: 'metadata-removed';
}

/** What the files that Dossier lays beside a report depend on, besides its content. Fixed when sending begins. */
export interface Companions {
  /** A ledger is asked for a receipt. */
  readonly receipt?: true;
  /** Who submits the report, if the user says so. */
  readonly submittedBy?: string;
  /** The manifest says which files came with which. */
  readonly sidecars?: true;
}

/** `dossier.json`: written last, so a folder that has one is a whole report. Times are RFC 3339 in UTC. */
export interface Manifest {
  readonly dossier: 1;
  readonly report: string;
  readonly title: string;
  readonly created: string;
  readonly modified: string;
  /** When sending began. */
  readonly sent: string;
  readonly descriptionEncoding: string;
  /** The description first, then the attachments in the order of the report. */
  readonly files: readonly ManifestFile[];
  /** Who submitted the report, where the user said so. */
  readonly submittedBy?: string;
  /** Files that Dossier laid beside: a report that names one is not whole without it. Older reports name none. */
  readonly companions?: readonly string[];
}

/** The same manifest always gives the same bytes, so that writing it again can be recognised. */
export function manifestBytes(manifest: Manifest): Uint8Array {
  const { dossier, report, title, created, modified, sent, descriptionEncoding, files, submittedBy, companions } =
    manifest;
  const ordered = {
    dossier,
    report,
    title,
    created,
    modified,
    sent,
    descriptionEncoding,
    submittedBy,
    companions,
    files: files.map(({ name, size, mediaType, sha256, originalName, derivedFrom, sidecar, arrivedWith }) => ({
      name,
      size,
      mediaType,
      sha256,
      originalName,
      derivedFrom: derivedFrom && { sha256: derivedFrom.sha256, size: derivedFrom.size, change: derivedFrom.change },
      sidecar,
      arrivedWith,
    })),
  };
  return utf8(`${JSON.stringify(ordered, undefined, 2)}\n`);
}

/** A manifest found at a destination: `invalid-response` unless it is one. */
export function parseManifest(value: unknown): Manifest {
  const texts = ['report', 'title', 'created', 'modified', 'sent', 'descriptionEncoding'] as const;
  if (
    !isRecord(value) ||
    value.dossier !== 1 ||
    !Array.isArray(value.files) ||
    texts.some((name) => typeof value[name] !== 'string') ||
    !isOptionalText(value.submittedBy) ||
    !isOptionalList(value.companions)
  ) {
    throw new DossierError('invalid-response', 'The file dossier.json is not a manifest of Dossier');
  }
  return { ...(value as unknown as Manifest), files: value.files.map(parseFile) };
}

const isOptionalText = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isOptionalList = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((name) => typeof name === 'string'));

function parseFile(value: unknown): ManifestFile {
  if (isRecord(value)) {
    const { name, size, mediaType, sha256, originalName, sidecar, arrivedWith } = value;
    const derivedFrom = value.derivedFrom === undefined ? {} : { derivedFrom: parseDerivation(value.derivedFrom) };
    const named =
      typeof name === 'string' &&
      typeof mediaType === 'string' &&
      [originalName, sidecar, arrivedWith].every(isOptionalText);
    if (named && isSize(size) && isDigest(sha256)) {
      const original = typeof originalName === 'string' ? { originalName } : {};
      const came = {
        ...(typeof sidecar === 'string' ? { sidecar } : {}),
        ...(typeof arrivedWith === 'string' ? { arrivedWith } : {}),
      };
      return { name, size, mediaType, sha256, ...original, ...derivedFrom, ...came };
    }
  }
  throw new DossierError('invalid-response', 'The file dossier.json names a file in a way that Dossier does not write');
}

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isDigest = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

function parseDerivation(value: unknown): Derivation {
  if (isRecord(value)) {
    const { sha256, size, change } = value;
    if (isDigest(sha256) && isSize(size) && change === 'metadata-removed') return { sha256, size, change };
  }
  throw new DossierError(
    'invalid-response',
    'The file dossier.json names an original in a way that Dossier does not write',
  );
}
