import {
  createContentHasher,
  custodyRows,
  DossierError,
  type Drive,
  encodeReceipt,
  type FileEntry,
  fromUtf8,
  isCustody,
  type LedgerEvent,
  type Link,
  receiptOf,
  retry,
  type SubjectDigests,
  verifyInLedger,
} from '../../../shared/index.ts';
import type { JudgedFile } from '../ledger/verdictPage.ts';
import { custodyOf } from '../model/ledger/custodyOf.ts';
import { assetOf, type LinkedFolders } from '../model/links/linkedFolders.ts';
import { brief } from '../model/links/patience.ts';

/**
 * Asks the ledger about a remote file as it is at this moment: by the service's hash, or by reading it once where there
 * is none.
 */
export async function verifyRemote(
  folders: LinkedFolders,
  connection: string,
  file: FileEntry,
  signal: AbortSignal,
): Promise<JudgedFile> {
  return folders.within(
    connection,
    async ({ drive, account, ledger }) => {
      const patience = { clock: ledger.clock, signal, policy: brief };
      const now = await retry(() => drive.stat(file, { signal }), patience);
      if (now?.type !== 'file') throw new DossierError('not-found', undefined, { path: file.path });
      if (now.digest === undefined && !now.downloadable)
        throw new DossierError('unsupported', undefined, { path: file.path });
      const digests =
        now.digest === undefined
          ? await retry(() => digestsOf(drive, now, signal), patience)
          : { dropboxContentHash: now.digest };
      const asset = assetOf(ledger, { kind: drive.kind, account: account.id }, now);
      const verdict = await verifyInLedger(ledger, { digests, asset }, signal);
      return { name: now.name, digests, unreached: [], verdict, custody: await custodyOf(ledger, verdict, signal) };
    },
    signal,
  );
}

async function digestsOf(drive: Drive, file: FileEntry, signal: AbortSignal): Promise<SubjectDigests> {
  const hasher = createContentHasher();
  for await (const bytes of drive.read(file, {}, { signal })) hasher.update(bytes);
  return hasher.digest();
}

/** One event of an asset. */
export interface HistoryEntry {
  readonly index: number;
  readonly event: LedgerEvent;
  readonly version: number;
  /** Milliseconds since 1970 UTC. */
  readonly observedAt: number;
  readonly digests: SubjectDigests;
  /** Of a custody event. */
  readonly holder?: string | undefined;
}

/** Everything that is recorded of a file, newest first. */
export async function historyOf(
  folders: LinkedFolders,
  connection: string,
  link: Link,
  file: FileEntry,
): Promise<readonly HistoryEntry[]> {
  return folders.within(connection, async ({ ledger, records }) => {
    const asset = assetOf(ledger, link, file);
    const found = await records.history(asset);
    const held = found.some(({ event }) => isCustody(event)) ? await custodyRows(ledger, asset) : [];
    return found
      .map(({ index, event, version, observedAt, subjects }) => ({
        index,
        event,
        version,
        observedAt,
        digests: subjects[0] ?? {},
        holder: held.find((row) => row.index === index)?.holder,
      }))
      .reverse();
  });
}

/** The receipt of an entry of the ledger, as text. */
export function receiptText(
  folders: LinkedFolders,
  connection: string,
  index: number,
  signal: AbortSignal,
): Promise<string> {
  return folders.within(
    connection,
    async ({ ledger }) => fromUtf8(encodeReceipt(await receiptOf(ledger, index, signal))),
    signal,
  );
}
