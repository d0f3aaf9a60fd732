import type { INodeProperties } from 'n8n-workflow';
import { type Ledger, type SubjectDigests, say, type Verdict, verifyInLedger } from '../../../../shared/index.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { assetAt } from './linkFields.ts';
import { ledgerOf, type Subject, subjectFields, subjectOf } from './subject.ts';
import { recordedPath, verdictJson, verdictSummary } from './verdictJson.ts';

export const simplifyField: INodeProperties = {
  displayName: 'Simplify',
  name: 'simplify',
  type: 'boolean',
  default: true,
  description: 'Whether to return a simplified version of the response instead of the raw data',
};

export const verifyProvenance: Operation = {
  value: 'verify',
  name: 'Verify',
  action: 'Verify a file against the ledger',
  key: 'required',
  description: 'Ask the ledger about a file: known with its history, changed, or unknown',
  properties: [...subjectFields, simplifyField],
  async run(call) {
    const subject = await subjectOf(call);
    const ledger = await ledgerOf(call);
    const { verdict, digests } = await ask(call, ledger, subject);
    const recorded = ledger && (await recordedPath(ledger, verdict, call.signal));
    const path = subject.entry?.path ?? recorded;
    const summary = verdictSummary(verdict, path === undefined ? 'The file' : `"${path}"`, path);
    const simple = { ...summary, answer: verdict.answer, digests: { ...digests } };
    const json = call.parameter('simplify') === false ? { ...simple, ...verdictJson(verdict) } : simple;
    return { items: [{ json }], hint: String(summary['summary']) };
  },
};

async function ask(
  call: Call,
  ledger: Ledger | undefined,
  { digests, entry }: Subject,
): Promise<{ verdict: Verdict; digests: SubjectDigests }> {
  const nothing: Verdict = { answer: 'unknown', reasons: [say`Nothing was recorded in the connected folder yet.`] };
  if (!ledger) return { verdict: nothing, digests: digests[0]! };
  const asset = entry === undefined ? undefined : await assetAt(call, entry);
  let verdict: Verdict = nothing as Verdict;
  for (const subject of digests) {
    const question = { digests: subject, ...(asset === undefined ? {} : { asset }) };
    verdict = await verifyInLedger(ledger, question, call.signal);
    if (verdict.answer !== 'unknown') return { verdict, digests: subject };
  }
  return { verdict, digests: digests[0]! };
}
