import { type SubjectDigests, say, type Verdict, verifyInLedger } from '../../../../shared/index.ts';
import type { Operation } from '../../../fields/operation.ts';
import { ledgerOf, subjectFields, subjectsOf } from './subject.ts';
import { verdictJson } from './verdictJson.ts';

export const verifyProvenance: Operation = {
  value: 'verify',
  name: 'Verify',
  action: 'Verify a file against the ledger',
  key: 'required',
  description:
    'Ask the ledger of the connected folder about a file: known with its history and what was checked, or unknown with the usual reasons',
  properties: subjectFields,
  async run(call) {
    const subjects = await subjectsOf(call);
    const ledger = await ledgerOf(call);
    let verdict: Verdict = { answer: 'unknown', reasons: [say`Nothing was recorded in the connected folder yet.`] };
    let digests: SubjectDigests = subjects[0]!;
    for (const subject of ledger ? subjects : []) {
      verdict = await verifyInLedger(ledger!, { digests: subject }, call.signal);
      if (verdict.answer !== 'known') continue;
      digests = subject;
      break;
    }
    return { items: [{ json: { ...verdictJson(verdict), digests: { ...digests } } }] };
  },
};
