import { utf8 } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { sha256Hex } from '../core/hashing.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import { type DrivePath, parsePath } from '../core/paths.ts';
import type { EntryRef } from '../drive/entry.ts';
import type { PublishMemory } from '../ledger/export/publish.ts';
import type { StateRecord, StateStore } from '../state/state.ts';

/** A folder that a ledger is published into. */
export interface PublicationPlace {
  /** Of the connection through which it was chosen; empty for a folder of a computer. */
  readonly connection: string;
  /** Drive kind and account: another connection to the same place publishes there too. */
  readonly kind: string;
  readonly account: string;
  readonly folder: EntryRef;
  /** The computer that the folder is on, where it is on one: no other can write there. */
  readonly machine?: string;
}

export interface Publication {
  readonly id: string;
  readonly place: PublicationPlace;
  /** Where everybody reaches the folder, as the user says; ends with a slash. */
  readonly address?: string;
  /** Published again by itself after whatever is recorded. */
  readonly automatic: boolean;
  readonly memory?: PublishMemory;
  /** Milliseconds since 1970 UTC. */
  readonly publishedAt?: number;
}

export type PublicationRequest = Pick<Publication, 'place' | 'address' | 'automatic'>;

/** Where a ledger is published, kept beside it for all who use it. */
export interface Publications {
  list(signal?: AbortSignal): Promise<Publication[]>;
  get(id: string, signal?: AbortSignal): Promise<Publication | undefined>;
  /** Chooses a folder, or changes what is said of one that was chosen. `invalid-input` for an address that is none. */
  set(request: PublicationRequest, signal?: AbortSignal): Promise<Publication>;
  /** Remembers what was published. */
  remember(id: string, memory: PublishMemory, publishedAt?: number, signal?: AbortSignal): Promise<void>;
  /** Ends it; what was published stays where it is. */
  remove(id: string, signal?: AbortSignal): Promise<void>;
}

const prefix = 'publication/main/';
const keyOf = (id: string) => `${prefix}${id}`;

export function createPublications(store: StateStore): Publications {
  const read = async (id: string, signal?: AbortSignal) => {
    const record = await store.get(keyOf(id), signal);
    return record && { record, publication: parsePublication(record) };
  };
  const write = async (publication: Publication, expectedVersion: number, signal?: AbortSignal) => {
    const value = utf8(JSON.stringify(publication));
    await store.commit([{ key: keyOf(publication.id), value, expectedVersion }], signal);
  };
  return {
    list: async (signal) => (await store.list(prefix, signal)).map(parsePublication),
    get: async (id, signal) => (await read(id, signal))?.publication,
    async set({ place, address, automatic }, signal) {
      const id = idOf(place);
      const before = await read(id, signal);
      const { address: _, ...kept } = before?.publication ?? {};
      const publication: Publication = {
        ...kept,
        id,
        place: { ...place, folder: { path: place.folder.path } },
        automatic,
        ...(address === undefined || address.trim() === '' ? {} : { address: folderAddress(address) }),
      };
      await write(publication, before?.record.version ?? 0, signal);
      return publication;
    },
    async remember(id, memory, publishedAt, signal) {
      const before = await read(id, signal);
      if (!before) throw new DossierError('not-found', 'The ledger is not published into that folder any more');
      const time = publishedAt === undefined ? {} : { publishedAt };
      await write({ ...before.publication, memory, ...time }, before.record.version, signal);
    },
    async remove(id, signal) {
      const record = await store.get(keyOf(id), signal);
      if (record) await store.commit([{ key: record.key, value: undefined, expectedVersion: record.version }], signal);
    },
  };
}

function idOf({ kind, account, folder, machine }: PublicationPlace): string {
  return sha256Hex(utf8(JSON.stringify([kind, account, machine ?? '', folder.path]))).slice(0, 32);
}

/**
 * The address of a published folder out of what people paste: the folder, its `verify.html`, or a verification link.
 * Ends with a slash. `invalid-input` for anything else.
 */
export function folderAddress(pasted: string): string {
  const text = pasted.trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    throw new DossierError('invalid-input', 'An address begins with https:// or http:// and names no user');
  const path = url.pathname.replace(/(?:verify\.html|index\.html|ledger\.json|checkpoint)$/, '');
  return `${url.origin}${path.endsWith('/') ? path : `${path}/`}`;
}

/**
 * What is given to others: the page, and the fingerprint of the key behind `#`, which never reaches the server. Whoever
 * got the link from the owner has compared the key by that.
 */
export function verificationLink(address: string, fingerprint: string): string {
  return `${folderAddress(address)}verify.html#key=${fingerprint}`;
}

/** The fingerprint in a verification link, where one is in it. */
export function fingerprintInLink(pasted: string): string | undefined {
  return /#(?:.*&)?key=([0-9a-f]{64})(?:&|$)/i.exec(pasted.trim())?.[1]?.toLowerCase();
}

function parsePublication(record: StateRecord): Publication {
  const value = parseJsonBytes(record.value, 'state-corrupt', 'Where the ledger is published');
  const place = isRecord(value) ? value['place'] : undefined;
  const folder = isRecord(place) ? place['folder'] : undefined;
  if (
    !isRecord(value) ||
    !isRecord(place) ||
    !isRecord(folder) ||
    typeof value['id'] !== 'string' ||
    typeof value['automatic'] !== 'boolean' ||
    typeof folder['path'] !== 'string' ||
    ['connection', 'kind', 'account'].some((name) => typeof place[name] !== 'string')
  )
    throw new DossierError('state-corrupt', 'The record of where the ledger is published is damaged');
  const path: DrivePath = parsePath(folder['path']);
  return {
    ...(value as unknown as Publication),
    place: { ...(place as unknown as PublicationPlace), folder: { path } },
  };
}
