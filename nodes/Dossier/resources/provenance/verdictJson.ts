import type { IDataObject } from 'n8n-workflow';
import {
  consentWithdrawnAt,
  type HistoryItem,
  type KnownVersion,
  type Ledger,
  lastOfFile,
  ledgerName,
  levels,
  listDisclosures,
  toText,
  type Verdict,
  verifyDisclosure,
} from '../../../../shared/index.ts';

/** One of three answers, with what stands behind it. */
export function verdictJson(verdict: Verdict): IDataObject {
  const { answer } = verdict;
  if (answer === 'known') return { answer, versions: verdict.versions.map(versionJson) };
  if (answer === 'changed') return { answer, history: verdict.history.map(historyJson) };
  return { answer, reasons: verdict.reasons.map((reason) => toText(reason)) };
}

/** The answer in fields that a workflow branches on. */
export function verdictSummary(verdict: Verdict, name: string, path: string | undefined): IDataObject {
  const place = path === undefined ? {} : { path };
  if (verdict.answer === 'unknown')
    return {
      known: false,
      current: false,
      changed: false,
      ...place,
      summary: [`${name} is unknown.`, ...verdict.reasons.slice(0, 1).map((reason) => toText(reason))].join(' '),
    };
  if (verdict.answer === 'changed') {
    const { version, observedAt } = verdict.last.predicate;
    return {
      known: false,
      current: false,
      changed: true,
      ...place,
      recordedAt: observedAt,
      summary: `${name} was changed: its last recorded version is ${version}, of ${observedAt}`,
    };
  }
  const newest = newestOf(verdict.versions);
  const current = isCurrent(newest);
  const recordedAt = recordedWhen(newest);
  const holds = newest.proof.holds ? '' : ', but the proof does not hold';
  const withdrawnAt = verdict.versions.map(({ history }) => consentWithdrawnAt(history)).find(Boolean);
  const consent = withdrawnAt === undefined ? '' : `; consent to its use was withdrawn ${withdrawnAt}`;
  return {
    known: newest.proof.holds,
    current,
    changed: false,
    ...place,
    recordedAt,
    ...(withdrawnAt === undefined ? {} : { consentWithdrawnAt: withdrawnAt }),
    summary: `${name} is known as version ${newest.version}, recorded ${recordedAt}${current ? '' : ', and there is a newer one'}${holds}${consent}`,
  };
}

/** The path that the ledger has of the file, which only whoever has the key can read. */
export async function recordedPath(
  ledger: Ledger,
  verdict: Verdict,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (verdict.answer === 'unknown') return undefined;
  const index = verdict.answer === 'known' ? newestOf(verdict.versions).index : verdict.last.index;
  const entry = await ledger.log.entry(index, signal);
  if (!entry) return undefined;
  const shown = await listDisclosures({ store: ledger.store, ledger: ledgerName }, index, signal);
  const claims = Object.values(shown).map((disclosure) => verifyDisclosure(entry, disclosure));
  const path = claims.find(({ claim }) => claim === 'path')?.value;
  return typeof path === 'string' ? path : undefined;
}

function newestOf(versions: readonly KnownVersion[]): KnownVersion {
  return versions.reduce((newest, each) => (each.index > newest.index ? each : newest));
}

/** Nothing was recorded since that gave the file other content, or took it away. */
function isCurrent({ version, history }: KnownVersion): boolean {
  const last = lastOfFile(history)?.predicate;
  return history.every(({ predicate }) => predicate.version <= version) && last?.event !== 'Delete';
}

function recordedWhen({ index, history }: KnownVersion): string {
  return history.find((item) => item.index === index)?.predicate.observedAt ?? '';
}

function versionJson({ asset, version, index, level, stampedAt, proof, history }: KnownVersion): IDataObject {
  const { name, protects, doesNotProtect } = levels[level];
  return {
    asset,
    version,
    index,
    level: { code: level, name, protects, doesNotProtect },
    ...(stampedAt === undefined ? {} : { stampedAt: new Date(stampedAt).toISOString() }),
    holds: proof.holds,
    checked: proof.parts.map(({ sentence, ...part }) => ({ ...part, sentence: toText(sentence) })),
    history: history.map(historyJson),
  };
}

function historyJson({ index, predicate }: HistoryItem): IDataObject {
  const { event, version, observedAt } = predicate;
  return { index, event, version, observedAt };
}
