import type { INodeProperties } from 'n8n-workflow';
import {
  DossierError,
  parseReceipt,
  parseTimestampChain,
  pinTrust,
  readBytes,
  type SubjectDigests,
  utf8,
  type Verdict,
  verifyWithReceipt,
} from '../../../../shared/index.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';
import { offlineSubjectFields, subjectOf } from './subject.ts';
import { timestampCertificatesField } from './timestampCertificates.ts';
import { verdictJson, verdictSummary } from './verdictJson.ts';
import { simplifyField } from './verify.ts';

const longestReceipt = 4_000_000;

const fields: readonly INodeProperties[] = [
  {
    displayName: 'Receipt Field',
    name: 'receiptField',
    type: 'string',
    default: 'receipt',
    description: 'The receipt that came with the file: a Sigstore bundle',
    hint: 'The name of the input binary field',
  },
  {
    displayName: 'Fingerprint',
    name: 'fingerprint',
    type: 'string',
    default: '',
    required: true,
    placeholder: 'e.g. ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    description:
      'Fingerprint of the owner’s key, all 64 digits, as the owner told you by a way that nobody else could change',
  },
  {
    displayName: 'Statement Key',
    name: 'statementKey',
    type: 'string',
    typeOptions: { rows: 4 },
    default: '',
    required: true,
    placeholder: 'e.g. -----BEGIN PUBLIC KEY-----',
    description: 'Content of the owner’s statement-key.pem',
  },
  {
    displayName: 'Trusted Root',
    name: 'trustedRoot',
    type: 'json',
    default: '',
    required: true,
    description: 'Content of the owner’s trusted root, which names the logs that they keep',
  },
  timestampCertificatesField,
];

export const verifyReceipt: Operation = {
  value: 'verifyReceipt',
  name: 'Verify Receipt',
  action: 'Verify a file against a receipt',
  description: 'Check a file offline against a receipt of somebody whose key you trust',
  properties: [...offlineSubjectFields, ...fields, simplifyField],
  needsConnection: false,
  async run(call) {
    const receipt = await receiptOf(call);
    const trust = trustOf(call);
    let verdict: Verdict | undefined;
    let digests: SubjectDigests = {};
    for (const subject of (await subjectOf(call)).digests) {
      if (verdict?.answer === 'known') break;
      verdict = verifyWithReceipt(receipt, trust, subject);
      digests = subject;
    }
    const summary = verdictSummary(verdict!, 'The file', undefined);
    const simple = { ...summary, answer: verdict!.answer, digests: { ...digests } };
    const json = call.parameter('simplify') === false ? { ...simple, ...verdictJson(verdict!) } : simple;
    return { items: [{ json }], hint: String(summary['summary']) };
  },
};

async function receiptOf({ context, itemIndex, parameter }: Call) {
  const [file] = await binaryFiles(context, itemIndex, parameter('receiptField'));
  if (!file) throw new DossierError('source-missing', 'The receipt is missing: name the binary field that holds it');
  return parseReceipt(await readBytes(file.source.open(), longestReceipt));
}

function trustOf({ parameter }: Call) {
  const text = (name: string) => {
    const value = parameter(name) ?? '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const certificates = text('timestampCertificates').trim();
  return pinTrust({
    statementKey: text('statementKey'),
    fingerprint: text('fingerprint'),
    trustedRoot: utf8(text('trustedRoot')),
    timestampChains: certificates === '' ? [] : [parseTimestampChain(certificates)],
  });
}
