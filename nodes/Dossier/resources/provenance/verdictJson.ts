import type { IDataObject } from 'n8n-workflow';
import { type HistoryItem, type KnownVersion, levels, toText, type Verdict } from '../../../../shared/index.ts';

/** One of three answers, with what stands behind it. */
export function verdictJson(verdict: Verdict): IDataObject {
  const { answer } = verdict;
  if (answer === 'known') return { answer, versions: verdict.versions.map(versionJson) };
  if (answer === 'changed') return { answer, history: verdict.history.map(historyJson) };
  return { answer, reasons: verdict.reasons.map((reason) => toText(reason)) };
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
