import { isDossierError } from '../../core/errors.ts';
import type { Trust } from '../identity/trust.ts';
import type { Log } from '../log/log.ts';
import type { Ledger } from '../openLedger.ts';
import { createReceipt, type Receipt } from '../receipt/receipt.ts';
import { isSame, verifyReceipt } from '../receipt/verifyReceipt.ts';
import { isCustody, parseStatement, type Statement, type SubjectDigests } from '../statement/statement.ts';
import { trustedTime } from '../timestamp/timestamp.ts';
import { keptStamps, stampedBy } from '../timestampStore.ts';
import { type HistoryItem, type KnownVersion, type Question, unknownReasons, type Verdict } from './verdict.ts';

export type { HistoryItem, KnownVersion, Verdict } from './verdict.ts';

/**
 * Asks a user's ledger about a content, whatever the file is called, and says with each version which time is vouched
 * for: by a stamp of its receipt, or by one of a checkpoint that covers it. Nothing leaves the machine. Codes: those of
 * the log and its store. Safe to repeat.
 */
export async function verifyInLedger(ledger: Ledger, question: Question, signal?: AbortSignal): Promise<Verdict> {
  const verdict = await verifyInLog(ledger.log, ledger.trust, question, signal, (index) =>
    keptStamps(ledger, index, signal),
  );
  if (verdict.answer !== 'known') return verdict;
  const covered = async (version: KnownVersion): Promise<KnownVersion> => {
    const stampedAt =
      version.stampedAt ?? (version.proof.holds ? await stampedBy(ledger, version.index, signal) : undefined);
    return stampedAt === undefined ? version : { ...version, level: 'L1', stampedAt };
  };
  return { answer: 'known', versions: await Promise.all(verdict.versions.map(covered)) };
}

/** Stamps of an entry that lie beside the log. */
type StampSource = (index: number) => Promise<readonly Uint8Array[]>;

/** The same of a log that is trusted by its keys alone. */
export async function verifyInLog(
  log: Log,
  trust: Trust,
  { digests, asset }: Question,
  signal?: AbortSignal,
  stamps: StampSource = async () => [],
): Promise<Verdict> {
  // A log whose head does not stand, or that is older than what was seen of it, has no answer: not even that it knows
  // nothing.
  await log.head(signal);
  const found = new Set<number>();
  for (const digest of [digests.sha256, digests.dropboxContentHash])
    if (digest !== undefined) for (const index of await log.find(digest, signal)) found.add(index);
  const versions: KnownVersion[] = [];
  for (const index of [...found].sort((a, b) => a - b)) {
    const version = await knownVersion(log, trust, digests, index, stamps, signal);
    if (version) versions.push(version);
  }
  if (versions.length > 0) return { answer: 'known', versions };
  const state = asset === undefined ? undefined : await log.asset(asset, signal);
  if (asset === undefined || !state) return { answer: 'unknown', reasons: unknownReasons };
  const history = await historyFrom(log, state.lastIndex, signal);
  const last =
    history.findLast(({ predicate: { event } }) => event !== 'Delete' && event !== 'Withdraw' && !isCustody(event)) ??
    history.at(-1);
  return last ? { answer: 'changed', asset, last, history } : { answer: 'unknown', reasons: unknownReasons };
}

async function knownVersion(
  log: Log,
  trust: Trust,
  digests: SubjectDigests,
  index: number,
  stamps: StampSource,
  signal?: AbortSignal,
): Promise<KnownVersion | undefined> {
  const entry = await log.entry(index, signal);
  if (!entry) return undefined;
  const { predicate, subjects } = parseStatement(entry.envelope.payload);
  // The index of digests is only a hint: what counts is the signed statement.
  if (!subjects.some((subject) => isSame(subject, digests))) return undefined;
  // Who held a version makes no version: it is in the history of the one that it is about.
  if (isCustody(predicate.event)) return undefined;
  const receipt = await createReceipt(log, index, await stamps(index), signal);
  const newest = await log.asset(predicate.asset, signal);
  return {
    ...knownBy(receipt, trust, digests),
    asset: predicate.asset,
    version: predicate.version,
    index,
    history: await historyFrom(log, newest?.lastIndex ?? index, signal),
  };
}

/**
 * Asks a single receipt: it knows one version and nothing of what came later. `recorded` is what the manifest beside it
 * says of a file of this name: where the receipt is about that and not about `digests`, the file was changed.
 */
export function verifyWithReceipt(
  receipt: Receipt,
  trust: Trust,
  digests: SubjectDigests,
  recorded?: SubjectDigests,
): Verdict {
  const known = knownBy(receipt, trust, digests);
  const statement = readStatement(receipt);
  if (statement && recorded && !known.proof.holds && verifyReceipt(receipt, trust, recorded).holds) {
    const last: HistoryItem = { index: receipt.index, ...statement };
    return { answer: 'changed', asset: statement.predicate.asset, last, history: [last] };
  }
  if (!statement || !known.proof.holds) {
    return {
      answer: 'unknown',
      reasons: known.proof.parts.filter(({ holds }) => !holds).map(({ sentence }) => sentence),
    };
  }
  const { predicate, subjects } = statement;
  return {
    answer: 'known',
    versions: [
      {
        ...known,
        asset: predicate.asset,
        version: predicate.version,
        index: receipt.index,
        history: [{ index: receipt.index, predicate, subjects }],
      },
    ],
  };
}

function readStatement(receipt: Receipt): Statement | undefined {
  try {
    return parseStatement(receipt.payload);
  } catch (error) {
    if (isDossierError(error)) return undefined;
    throw error;
  }
}

function knownBy(
  receipt: Receipt,
  trust: Trust,
  digests: SubjectDigests,
): Pick<KnownVersion, 'proof' | 'level' | 'stampedAt'> {
  const proof = verifyReceipt(receipt, trust, digests);
  const stampedAt = receipt.timestamps
    .map((stamp) => trustedTime(stamp, receipt.signature, trust.timestampChains))
    .find((time) => time !== undefined);
  return stampedAt === undefined ? { proof, level: 'L0' } : { proof, level: 'L1', stampedAt };
}

/**
 * The chain of an asset's statements from its newest one back, given oldest first; each must name the leaf of the one
 * before.
 */
async function historyFrom(log: Log, newest: number, signal?: AbortSignal): Promise<HistoryItem[]> {
  const items: HistoryItem[] = [];
  for (let index: number | undefined = newest; index !== undefined; ) {
    const entry = await log.entry(index, signal);
    if (!entry) break;
    items.unshift({ index, ...parseStatement(entry.envelope.payload) });
    index = entry.previous !== undefined && entry.previous < index ? entry.previous : undefined;
  }
  return items;
}
