import type { IDataObject } from 'n8n-workflow';
import { type HistoryItem, type KnownVersion, levels, type SubjectDigests, type Verdict, verifyInLog } from '../../../../shared/index.ts';
import type { Operation } from '../../operation.ts';
import { ledgerOf, subjectFields, subjectsOf } from './subject.ts';

export const verifyProvenance: Operation = {
  value: 'verify',
  name: 'Verify',
  action: 'Verify a file against the ledger',
  description: 'Ask the ledger of the connected folder about a file: known with its history and what was checked, or unknown with the usual reasons',
  properties: subjectFields,
  async run(call) {
    const subjects = await subjectsOf(call);
    const ledger = await ledgerOf(call);
    let verdict: Verdict = { answer: 'unknown', reasons: ['Nothing was recorded in the connected folder yet.'] };
    let digests: SubjectDigests = subjects[0]!;
    for (const subject of ledger ? subjects : []) {
      verdict = await verifyInLog(ledger!.log, ledger!.trust, { digests: subject }, call.signal);
      if (verdict.answer !== 'known') continue;
      digests = subject;
      break;
    }
    return { items: [{ json: { answer: verdict.answer, digests: { ...digests }, ...detailsOf(verdict) } }] };
  },
};

function detailsOf(verdict: Verdict): IDataObject {
  if (verdict.answer === 'known') return { versions: verdict.versions.map(versionJson) };
  if (verdict.answer === 'changed') return { history: verdict.history.map(historyJson) };
  return { reasons: [...verdict.reasons] };
}

function versionJson({ asset, version, index, level, proof, history }: KnownVersion): IDataObject {
  const { name, protects, doesNotProtect } = levels[level];
  return {
    asset,
    version,
    index,
    level: { code: level, name, protects, doesNotProtect },
    holds: proof.holds,
    checked: proof.parts.map((part) => ({ ...part })),
    history: history.map(historyJson),
  };
}

function historyJson({ index, predicate }: HistoryItem): IDataObject {
  const { event, version, observedAt } = predicate;
  return { index, event, version, observedAt };
}
