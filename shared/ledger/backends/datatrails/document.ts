import { utf8 } from '../../../core/bytes.ts';
import { DossierError } from '../../../core/errors.ts';
import { sha256Hex } from '../../../core/hashing.ts';
import { isRecord, type Json } from '../../../core/json.ts';
import type { Occurrence } from '../../log/log.ts';
import { beginsVersion } from '../../log/records.ts';
import { type LedgerEvent, ledgerEvents, type SubjectDigests } from '../../statement/statement.ts';
import type { LedgerRecord } from '../backend.ts';
import type { Answer } from './api.ts';

/** One event as DataTrails has it. */
export interface DatatrailsRecord extends LedgerRecord {
  /** Hash of what tells this occurrence from others. */
  readonly occasion: string;
  /** `assets/{uuid}` or `assets/{uuid}/events/{uuid}`. */
  readonly identity: string;
  readonly confirmed: boolean;
}

type Attributes = { readonly [name: string]: Json };

/** Whose attribute it is: in a tenancy there are assets of others. */
export const assetAttribute = 'dossier_asset';
export const dropboxHashAttribute = 'dossier_dropbox_content_hash';
const documentStatus: Readonly<Partial<Record<LedgerEvent, string>>> = {
  Register: 'Published',
  Publish: 'Published',
  Restore: 'Published',
  Delete: 'Withdrawn',
  Withdraw: 'Withdrawn',
};
/**
 * Names that DataTrails gives a meaning to; all others are shown as they are.
 * https://github.com/datatrails/datatrails-docs
 */
const displayType: Readonly<Partial<Record<LedgerEvent, string>>> = { Restore: 'Publish', Delete: 'Withdraw' };
const ofLinks: readonly LedgerEvent[] = ['Link', 'Unlink', 'GapStart', 'GapEnd'];

export function occasionOf({ asset, event, occasion }: Occurrence): string {
  return sha256Hex(utf8(JSON.stringify([asset, event, occasion])));
}

/** The record that an occurrence makes after those that there are. */
export function nextRecord(
  occurrence: Occurrence,
  before: readonly DatatrailsRecord[],
  identity: string,
): DatatrailsRecord {
  const { asset, event, subjects, observedAt } = occurrence;
  const last = before.at(-1);
  const version = (last?.version ?? 0) + (beginsVersion(event) ? 1 : 0);
  return {
    asset,
    event,
    version,
    index: (last?.index ?? -1) + 1,
    subjects,
    observedAt,
    occasion: occasionOf(occurrence),
    identity,
    confirmed: false,
  };
}

/** Everything that is told of an event. Neither name nor path nor size is among it. */
function factsOf(
  { details }: Occurrence,
  { asset, event, version, index, subjects, observedAt, occasion }: DatatrailsRecord,
): Record<string, string> {
  if (subjects.length !== 1)
    throw new DossierError('unsupported', 'DataTrails keeps one file to an asset, not a report of several');
  const { sha256, dropboxContentHash, revision } = subjects[0] as SubjectDigests;
  const facts: Readonly<Record<string, string | undefined>> = {
    [assetAttribute]: asset,
    dossier_event: event,
    dossier_occasion: occasion,
    dossier_index: String(index),
    dossier_version: String(version),
    dossier_observed_at: new Date(observedAt).toISOString(),
    dossier_sha256: sha256,
    [dropboxHashAttribute]: dropboxContentHash,
    dossier_revision: revision,
    dossier_hash_source: details?.hashSource,
    dossier_derived_from: details?.derivedFrom,
    dossier_link: details?.link,
  };
  return Object.fromEntries(Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined));
}

/** What the asset itself says from now on: the hash that anyone can look up, and which version it is of. */
function documentOf({ event, version, subjects }: DatatrailsRecord): Record<string, string> {
  const { sha256, dropboxContentHash } = subjects[0] as SubjectDigests;
  const status = documentStatus[event];
  const isContent = beginsVersion(event) || event === 'Attest';
  return {
    ...(isContent && sha256 !== undefined ? { document_hash_value: sha256, document_hash_alg: 'sha256' } : {}),
    ...(isContent && dropboxContentHash !== undefined ? { [dropboxHashAttribute]: dropboxContentHash } : {}),
    ...(isContent ? { document_version: String(version) } : {}),
    ...(status === undefined ? {} : { document_status: status }),
  };
}

/** A new asset: a Document, or the linked folder itself. Being public can never be taken back. */
export function newAsset(occurrence: Occurrence, record: DatatrailsRecord, isPublic: boolean): Json {
  const isLink = ofLinks.includes(record.event);
  return {
    behaviours: ['RecordEvidence'],
    public: isPublic,
    attributes: {
      // Whoever sees the asset sees its id where a name would be.
      arc_display_name: record.asset,
      arc_display_type: isLink ? 'Linked folder' : 'Document',
      arc_description: record.event,
      ...(isLink ? {} : { arc_profile: 'Document', ...documentOf(record) }),
      ...factsOf(occurrence, record),
    },
  };
}

export function newEvent(occurrence: Occurrence, record: DatatrailsRecord): Json {
  const { event } = record;
  const attributes: Attributes = {
    arc_display_type: displayType[event] ?? event,
    arc_description: event,
    ...(displayType[event] === 'Withdraw'
      ? { document_withdrawal_reason: 'The file was deleted, or left the linked folder' }
      : {}),
    ...factsOf(occurrence, record),
  };
  return {
    operation: 'Record',
    behaviour: 'RecordEvidence',
    event_attributes: attributes,
    asset_attributes: ofLinks.includes(event) ? {} : documentOf(record),
  };
}

/** An event that Dossier recorded; undefined for those of others, and for those that DataTrails could not keep. */
export function parseRecord(event: Answer): DatatrailsRecord | undefined {
  const facts = event['operation'] === 'NewAsset' ? event['asset_attributes'] : event['event_attributes'];
  const { identity, confirmation_status: status } = event;
  if (!isRecord(facts) || facts['dossier_event'] === undefined || status === 'FAILED') return undefined;
  const text = (name: string) => (typeof facts[name] === 'string' ? facts[name] : undefined);
  const [asset, kind, occasion] = [
    text(assetAttribute),
    text('dossier_event') as LedgerEvent | undefined,
    text('dossier_occasion'),
  ];
  const [index, version, observedAt] = [
    Number(text('dossier_index')),
    Number(text('dossier_version')),
    Date.parse(text('dossier_observed_at') ?? ''),
  ];
  if (
    asset === undefined ||
    !kind ||
    !ledgerEvents.includes(kind) ||
    occasion === undefined ||
    typeof identity !== 'string' ||
    ![index, version, observedAt].every(Number.isSafeInteger)
  ) {
    throw new DossierError('ledger-broken', 'An event at DataTrails that Dossier recorded has been changed', {
      where: 'datatrails',
    });
  }
  const digests = {
    sha256: text('dossier_sha256'),
    dropboxContentHash: text(dropboxHashAttribute),
    revision: text('dossier_revision'),
  };
  const subject: SubjectDigests = Object.fromEntries(
    Object.entries(digests).filter(([, digest]) => digest !== undefined),
  );
  return {
    asset,
    event: kind,
    version,
    index,
    subjects: [subject],
    observedAt,
    occasion,
    identity,
    confirmed: isConfirmed(status),
  };
}

/** Stored, if not yet provable. */
export function isConfirmed(status: unknown): boolean {
  return typeof status === 'string' && status !== 'PENDING' && status !== 'FAILED';
}
