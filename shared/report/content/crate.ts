import { utf8 } from '../../core/bytes.ts';
import { isDossierError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hashing.ts';
import { isRecord, parseJsonBytes } from '../../core/json.ts';
import { checksumsName, crateName, descriptionName, manifestName, receiptName } from './fileNames.ts';
import { type Companions, type Derivation, type Manifest, manifestBytes } from './manifest.ts';

/** RO-Crate 1.2, https://www.researchobject.org/ro-crate/specification/1.2/ */
const context = 'https://w3id.org/ro/crate/1.2/context';
const profile = 'https://w3id.org/ro/crate/1.2';
const submitter = '#submitter';
/** Before the kind of a sidecar. */
const sidecarType = 'https://dossier-reports.github.io/sidecar/v1#';
/** The profile wants one, and nobody was asked. */
const noLicense = 'No licence is given with this report.';
/** What UTF-8 cannot hold, and what stands in its place in the file of the description. */
const lone = /[\ud800-\udfff]/gu;

/**
 * `ro-crate-metadata.json`: what the folder holds, in words that catalogues and archives read. Follows from the
 * manifest and the description alone, so that it can be made again and compared. Times are UTC.
 */
export function crateBytes(manifest: Manifest, description: string): Uint8Array {
  const { report, title, created, modified, sent, submittedBy, files } = manifest;
  const parts = [...files.map(fileEntity), ...companionEntities(manifest)];
  const originals = files.flatMap(originalEntity);
  const root = {
    '@id': './',
    '@type': 'Dataset',
    identifier: report,
    name: title,
    description: description === '' ? title : description.replace(lone, '\ufffd'),
    dateCreated: created,
    dateModified: modified,
    datePublished: sent,
    license: noLicense,
    ...(submittedBy === undefined ? {} : { creator: { '@id': submitter } }),
    hasPart: parts.map((part) => ({ '@id': part['@id'] })),
  };
  const graph = [
    { '@id': crateName, '@type': 'CreativeWork', conformsTo: { '@id': profile }, about: { '@id': './' } },
    root,
    ...(submittedBy === undefined ? [] : [{ '@id': submitter, '@type': 'Person', name: submittedBy }]),
    ...parts,
    ...originals,
  ];
  return utf8(`${JSON.stringify({ '@context': context, '@graph': graph }, undefined, 2)}\n`);
}

function fileEntity({
  name,
  size,
  mediaType,
  sha256,
  originalName,
  derivedFrom,
  sidecar,
  arrivedWith,
}: Manifest['files'][number]) {
  return {
    '@id': idOf(name),
    '@type': 'File',
    name: originalName ?? name,
    ...(sidecar === undefined ? {} : { additionalType: `${sidecarType}${sidecar}` }),
    ...(arrivedWith === undefined ? {} : { about: { '@id': idOf(arrivedWith) } }),
    ...(name === descriptionName ? { description: 'The description of the report' } : {}),
    encodingFormat: mediaType,
    contentSize: String(size),
    sha256,
    ...(derivedFrom ? { isBasedOn: { '@id': originalId(derivedFrom) } } : {}),
  };
}

const originalId = ({ sha256 }: Derivation): string => `#original-${sha256}`;

/** A file that is not in the folder: only its hash is known there. */
function originalEntity(
  { name, originalName, derivedFrom }: Manifest['files'][number],
  at: number,
  files: Manifest['files'],
) {
  if (!derivedFrom || files.findIndex((file) => file.derivedFrom?.sha256 === derivedFrom.sha256) < at) return [];
  const { sha256, size } = derivedFrom;
  return [
    {
      '@id': originalId(derivedFrom),
      '@type': 'CreativeWork',
      name: originalName ?? name,
      description: 'The original, which was not sent: the file in the report is a copy without metadata',
      contentSize: String(size),
      sha256,
    },
  ];
}
const idOf = (name: string) => encodeURIComponent(name.replace(lone, '\ufffd'));

function companionEntities(manifest: Manifest) {
  const bytes = manifestBytes(manifest);
  const own = [
    {
      ...entity(manifestName, 'application/json', 'The manifest of the report'),
      contentSize: String(bytes.length),
      sha256: sha256Hex(bytes),
    },
    entity(checksumsName, 'text/plain', 'Checksums for sha256sum --check'),
  ];
  const hasReceipt = manifest.companions?.includes(receiptName) === true;
  return hasReceipt ? [...own, entity(receiptName, 'application/json', 'The receipt of the ledger')] : own;
}

function entity(name: string, encodingFormat: string, description: string) {
  return { '@id': name, '@type': 'File', name, description, encodingFormat };
}

/** What a crate that an earlier run has written says of the sending; nothing of it is proved by that. */
export function companionsIn(crate: Uint8Array): Companions {
  const entities = entitiesIn(crate);
  const name = entities.find((one) => one['@id'] === submitter)?.name;
  return {
    ...(entities.some((one) => one['@id'] === receiptName) ? { receipt: true } : {}),
    ...(typeof name === 'string' ? { submittedBy: name } : {}),
    // Where there are none, nothing depends on it.
    ...(entities.some(({ additionalType }) => String(additionalType).startsWith(sidecarType))
      ? { sidecars: true }
      : {}),
  };
}

/** What the crate says of the report; empty when it cannot be read. */
export function descriptionIn(crate: Uint8Array): string {
  const root = entitiesIn(crate).find((one) => one['@id'] === './');
  return typeof root?.description === 'string' ? root.description : '';
}

function entitiesIn(crate: Uint8Array): readonly Readonly<Record<string, unknown>>[] {
  try {
    const parsed = parseJsonBytes(crate, 'invalid-response', crateName);
    const graph = isRecord(parsed) ? parsed['@graph'] : undefined;
    return Array.isArray(graph) ? graph.filter(isRecord) : [];
  } catch (error) {
    if (isDossierError(error)) return [];
    throw error;
  }
}
