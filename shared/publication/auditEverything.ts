import { isDossierError } from '../core/errors.ts';
import type { Drive } from '../drive/drive.ts';
import { createPublishedFolder } from '../ledger/export/publishedFolder.ts';
import { nodesOfLookup } from '../ledger/lookup/growLookup.ts';
import { loadLookupNode, lookupPath, type NodeSource } from '../ledger/lookup/lookupNode.ts';
import { openLookupHead, parsePublishedHead, publishedHeadName } from '../ledger/lookup/publishedHead.ts';
import { findLedger, type Ledger, type LedgerPorts } from '../ledger/openLedger.ts';
import { type AuditFinding, auditLedger } from '../ledger/verify/auditLog.ts';
import { verifyInTiles } from '../ledger/verify/verifyInTiles.ts';
import { openPublished } from '../ledger/verify/verifyPublished.ts';
import { createPublications, type Publication, type PublicationPlace } from './publication.ts';

export interface AuditWork {
  readonly ports: LedgerPorts;
  /** The drive of a place where the ledger is published; undefined where it is out of this host's reach. */
  readonly open: (place: PublicationPlace) => Promise<Drive | undefined>;
  readonly onProgress?: (step: AuditStep) => void;
  readonly signal?: AbortSignal | undefined;
}

export type AuditStep = { readonly step: 'ledger' } | { readonly step: 'published'; readonly folder: string };

export interface AuditResult {
  /** Name of the log; absent where nothing was ever recorded, or its name cannot be read. */
  readonly origin?: string;
  readonly entries: number;
  /** Published folders that were compared. */
  readonly published: number;
  /** Published folders that this host cannot reach. */
  readonly unreached: readonly string[];
  /** What does not fit; empty: all is whole. */
  readonly findings: readonly AuditFinding[];
}

/**
 * Derives a ledger again from its signed statements and compares it with everything that is known of it elsewhere: heads
 * that this host remembers, and published folders, each file of them. Codes: those of the store, `cancelled`; damage is
 * a finding, never an error.
 */
export async function auditEverything({ ports, open, onProgress, signal }: AuditWork): Promise<AuditResult> {
  onProgress?.({ step: 'ledger' });
  const ledger = await unlessBroken(() => findLedger(ports, signal));
  const publications = ledger ? await createPublications(ledger.store).list(signal) : [];
  const seen = new Set(ledger ? await ports.seenElsewhere?.(ledger.log.identity.origin) : []);
  const findings: AuditFinding[] = [];
  const unreached: string[] = [];
  let published = 0;
  for (const publication of ledger ? publications : []) {
    const { path } = publication.place.folder;
    onProgress?.({ step: 'published', folder: path });
    if (publication.memory?.checkpoint !== undefined) seen.add(publication.memory.checkpoint);
    const drive = await open(publication.place);
    if (!drive) unreached.push(path);
    else {
      published++;
      findings.push(...(await auditPublication(ledger!, publication, drive, signal)));
    }
  }
  const own = await auditLedger(ports, { seen: [...seen] }, signal);
  const head = ledger && (await unlessBroken(() => ledger.log.head(signal)));
  return {
    ...(ledger ? { origin: ledger.log.identity.origin } : {}),
    entries: head?.checkpoint.size ?? 0,
    published,
    unreached,
    findings: [...own, ...findings],
  };
}

/** Every file of a published folder, against what is signed and what was published there last. */
async function auditPublication(
  ledger: Ledger,
  { memory, place }: Publication,
  drive: Drive,
  signal: AbortSignal | undefined,
): Promise<AuditFinding[]> {
  const folder = createPublishedFolder(drive, place.folder, ledger.clock, signal);
  const found: AuditFinding[] = [];
  const check = async (act: () => Promise<unknown>) => {
    try {
      await act();
    } catch (error) {
      if (!isDossierError(error) || error.code === 'cancelled') throw error;
      found.push({ sentence: `Published in ${place.folder.path}: ${error.message}` });
    }
  };
  const seen = memory?.checkpoint === undefined ? [] : [memory.checkpoint];
  const { statementFingerprint: fingerprint } = ledger.log;
  await check(() => openPublished({ read: folder.read, fingerprint, seen }));
  await check(() => verifyInTiles(folder.read, ledger.trust));
  await check(() => checkIndex(folder.read));
  return found;
}

/** Every node of the index that the head names. */
async function checkIndex(read: (path: string) => Promise<Uint8Array | undefined>): Promise<void> {
  const bytes = await read(publishedHeadName);
  if (!bytes) return;
  const { lookup, logs } = parsePublishedHead(bytes);
  const { root } = openLookupHead(lookup, logs.at(-1)!);
  const source: NodeSource = (hash) => read(lookupPath(hash));
  for (const hash of await nodesOfLookup(source, root)) await loadLookupNode(source, hash);
}

async function unlessBroken<T>(work: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isDossierError(error, 'ledger-broken') || isDossierError(error, 'vault-locked')) return undefined;
    throw error;
  }
}
