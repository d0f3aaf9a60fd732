import {
  type HistoryItem,
  type KnownVersion,
  type Ledger,
  ledgerName,
  listDisclosures,
  type MaskedClaim,
  verifyDisclosure,
} from '../../../../shared/index.ts';

/** One recording of a content, in words that its owner knows it by. */
export interface Recording {
  readonly version: KnownVersion;
  readonly item: HistoryItem;
  /** Of the report that it was submitted in, or of the file, as far as the ledger still has it. */
  readonly title?: string;
}

/** Newest first: the same content may have been recorded in several reports or files. */
export async function recordingsOf(ledger: Ledger, versions: readonly KnownVersion[]): Promise<readonly Recording[]> {
  const found: Recording[] = [];
  for (const version of versions) {
    const item = version.history.find(({ index }) => index === version.index) ?? version.history.at(-1);
    if (!item) continue;
    const title = await titleOf(ledger, item.index);
    found.push({ version, item, ...(title === undefined ? {} : { title }) });
  }
  return found.reverse();
}

async function titleOf(ledger: Ledger, index: number): Promise<string | undefined> {
  const [entry, hidden] = await Promise.all([
    ledger.log.entry(index),
    listDisclosures({ store: ledger.store, ledger: ledgerName }, index),
  ]);
  const disclosure = hidden.title ?? hidden.name;
  const value = entry && disclosure && verifyDisclosure(entry, disclosure).value;
  return typeof value === 'string' ? value : undefined;
}

/** The hidden claims that a history has and its owner could show. */
export async function claimsIn(ledger: Ledger, { history }: KnownVersion): Promise<readonly MaskedClaim[]> {
  const claims = new Set<MaskedClaim>();
  for (const { index } of history) {
    const hidden = await listDisclosures({ store: ledger.store, ledger: ledgerName }, index);
    for (const claim of Object.keys(hidden)) claims.add(claim as MaskedClaim);
  }
  return [...claims];
}
