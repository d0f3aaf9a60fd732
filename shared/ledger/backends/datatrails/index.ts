import { DossierError } from '../../../core/errors.ts';
import { isRecord } from '../../../core/json.ts';
import type { Clock, HttpPort } from '../../../core/ports.ts';
import { type RetryPolicy, retry } from '../../../core/retry.ts';
import type { StateStore } from '../../../state/state.ts';
import type { Occurrence, Recorded } from '../../log/log.ts';
import { type FileEvent, isCustody, type SubjectDigests } from '../../statement/statement.ts';
import type { LedgerService } from '../backend.ts';
import { createTurns } from '../lock.ts';
import { createDatatrailsApi, type DatatrailsAccess } from './api.ts';
import {
  assetAttribute,
  type DatatrailsRecord,
  dropboxHashAttribute,
  isConfirmed,
  newAsset,
  newEvent,
  nextRecord,
  occasionOf,
  parseRecord,
} from './document.ts';

export interface DatatrailsOptions {
  readonly http: HttpPort;
  readonly clock: Clock;
  /** Holds whose turn it is to send, for all processes that record in this tenancy. */
  readonly store: StateStore;
  /** Names the ledger within the store: `[a-z0-9-]`. */
  readonly ledger: string;
  readonly access: DatatrailsAccess;
  /**
   * Whether the asset that begins with this event is to be public, see `publicEvents`. It can never be taken back;
   * without it nobody else can look a file up.
   */
  readonly isPublic: (event: Pick<FileEvent, 'event' | 'link'>) => boolean | Promise<boolean>;
}

/** A version of a public document with this content, in anybody's tenancy. */
export interface PublicMatch {
  /** `publicassets/{uuid}` */
  readonly asset: string;
  /** As its owner counts them. */
  readonly version: string;
  /** `Published` or `Withdrawn`, as said with this version. */
  readonly status: string;
  /** When DataTrails accepted it, milliseconds since 1970 UTC. */
  readonly acceptedAt: number;
}

export interface DatatrailsLedger extends LedgerService {
  /** Who has published a content? Asked without any credentials; only the hash leaves the machine. Oldest first. */
  lookUp(sha256: string, signal?: AbortSignal): Promise<PublicMatch[]>;
}

interface AssetThere {
  /** `assets/{uuid}`; undefined before the first event. */
  readonly identity: string | undefined;
  /** Oldest first. */
  readonly records: DatatrailsRecord[];
}

const confirmation: RetryPolicy = { attempts: 60, firstDelayMs: 200, maxDelayMs: 5_000, maxRetryAfterMs: 60_000 };

/**
 * A DataTrails tenancy as a ledger: an asset for each file, an event for each that happened to it. A `POST` there can
 * be taken twice, so one process sends at a time, and before anything is sent it is looked for: what an answer that got
 * lost had made is found again. Never sends names, paths or disclosures.
 */
export function createDatatrailsLedger({
  http,
  clock,
  store,
  ledger,
  access,
  isPublic,
}: DatatrailsOptions): DatatrailsLedger {
  const api = createDatatrailsApi(http, clock, access);
  const turns = createTurns(store, `ledger/${ledger}/turn`, clock);

  const load = async (asset: string, signal?: AbortSignal): Promise<AssetThere> => {
    const found = await api.list('assets', 'assets', { [`attributes.${assetAttribute}`]: asset }, true, signal);
    // There is one. Should there be more, everybody takes the same.
    const [identity] = found.map((each) => String(each['identity'])).sort();
    if (identity === undefined) return { identity, records: [] };
    const events = await api.list(`${identity}/events`, 'events', {}, true, signal);
    const records = events.map(parseRecord).filter((record) => record !== undefined);
    return { identity, records: records.sort((a, b) => a.index - b.index) };
  };

  /** Until then an event is a promise. */
  const settled = async (record: DatatrailsRecord, signal?: AbortSignal): Promise<DatatrailsRecord> => {
    const look = async (): Promise<DatatrailsRecord> => {
      const { confirmation_status: status } = await api.get(record.identity, signal);
      if (status === 'FAILED')
        throw new DossierError('server-error', 'DataTrails could not keep what it had accepted', {
          where: 'datatrails',
          operation: 'append',
        });
      if (!isConfirmed(status))
        throw new DossierError('locked', 'DataTrails is still storing what it has accepted', {
          where: 'datatrails',
          operation: 'append',
        });
      return { ...record, confirmed: true };
    };
    return record.confirmed ? record : retry(look, { clock, signal, policy: confirmation });
  };

  const send = async (
    occurrence: Occurrence,
    { identity, records }: AssetThere,
    signal?: AbortSignal,
  ): Promise<DatatrailsRecord> => {
    const draft = nextRecord(occurrence, records, '');
    const create = async () => {
      const { event, details: { link } = {} } = occurrence;
      return newAsset(occurrence, draft, await isPublic(link === undefined ? { event } : { event, link }));
    };
    const answer =
      identity === undefined
        ? await api.post('assets', await create(), signal)
        : await api.post(`${identity}/events`, newEvent(occurrence, draft), signal);
    if (typeof answer['identity'] !== 'string')
      throw new DossierError('invalid-response', 'DataTrails did not say what it made', {
        where: 'datatrails',
        operation: 'append',
      });
    return settled(
      { ...draft, identity: answer['identity'], confirmed: isConfirmed(answer['confirmation_status']) },
      signal,
    );
  };

  const appendInTurn = async (
    occurrences: readonly Occurrence[],
    renew: () => Promise<void>,
    signal?: AbortSignal,
  ): Promise<Recorded[]> => {
    const assets = new Map<string, AssetThere>();
    const results: Recorded[] = [];
    for (const occurrence of occurrences) {
      const there = assets.get(occurrence.asset) ?? (await load(occurrence.asset, signal));
      const known = there.records.find(({ occasion }) => occasion === occasionOf(occurrence));
      await renew();
      const record = known ? await settled(known, signal) : await send(occurrence, there, signal);
      const records = known
        ? there.records.map((each) => (each === known ? record : each))
        : [...there.records, record];
      assets.set(occurrence.asset, { identity: there.identity ?? record.identity, records });
      const { asset, event, version, index } = record;
      results.push({ index, asset, event, version, known: known !== undefined });
    }
    return results;
  };

  return {
    kind: 'datatrails',
    append: (occurrences, signal) => turns.take((renew) => appendInTurn(occurrences, renew, signal), signal),
    newest: async (asset, signal) => (await load(asset, signal)).records.findLast(({ event }) => !isCustody(event)),
    history: async (asset, signal) => (await load(asset, signal)).records,
    async find({ sha256, dropboxContentHash }: SubjectDigests, signal) {
      const filters = {
        'asset_attributes.document_hash_value': sha256,
        [`asset_attributes.${dropboxHashAttribute}`]: dropboxContentHash,
      };
      const found = new Map<string, DatatrailsRecord>();
      for (const [name, digest] of Object.entries(filters)) {
        if (digest === undefined) continue;
        // The newest come first.
        for (const event of (await api.list('assets/-/events', 'events', { [name]: digest }, true, signal)).reverse()) {
          const record = parseRecord(event);
          if (record) found.set(record.identity, record);
        }
      }
      return [...found.values()].sort((a, b) => a.observedAt - b.observedAt);
    },
    async lookUp(sha256, signal) {
      const events = await api.list(
        'publicassets/-/events',
        'events',
        { 'asset_attributes.document_hash_value': sha256 },
        false,
        signal,
      );
      return events.flatMap(parseMatch).sort((a, b) => a.acceptedAt - b.acceptedAt);
    },
  };
}

function parseMatch({
  asset_identity: asset,
  asset_attributes: attributes,
  timestamp_accepted: accepted,
}: Readonly<Record<string, unknown>>): PublicMatch[] {
  if (typeof asset !== 'string' || !isRecord(attributes) || typeof accepted !== 'string') return [];
  // Samples of DataTrails write both `sha256` and `SHA256`.
  if (String(attributes['document_hash_alg'] ?? 'sha256').toLowerCase() !== 'sha256') return [];
  return [
    {
      asset,
      version: String(attributes['document_version'] ?? ''),
      status: String(attributes['document_status'] ?? ''),
      acceptedAt: Date.parse(accepted),
    },
  ];
}
