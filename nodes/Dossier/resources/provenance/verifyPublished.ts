import type { INodeProperties } from 'n8n-workflow';
import {
  DossierError,
  fingerprintInLink,
  folderAddress,
  openPublished,
  type PublishedVerdict,
  parseTimestampChain,
  readPublished,
  type SubjectDigests,
  trustedTime,
} from '../../../../shared/index.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { createSeenStates } from '../../../host/checkpointMemory.ts';
import { clock } from '../../../host/clock.ts';
import { createHttp } from '../../../host/http.ts';
import { offlineSubjectFields, subjectOf } from './subject.ts';
import { timestampCertificatesField } from './timestampCertificates.ts';
import { verdictJson } from './verdictJson.ts';

const fields: readonly INodeProperties[] = [
  {
    displayName: 'Address',
    name: 'address',
    type: 'string',
    default: '',
    required: true,
    placeholder: 'e.g. https://example.org/ledger/verify.html#key=…',
    description: 'The verification link, or the address of the published folder',
  },
  {
    displayName: 'Fingerprint',
    name: 'fingerprint',
    type: 'string',
    default: '',
    placeholder: 'e.g. ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    description:
      'Fingerprint of the owner’s key, as the owner told you by a way that nobody else could change. Empty: the one in the verification link. Without either, the answer is about whoever wrote those files.',
  },
  {
    displayName: 'Asset',
    name: 'asset',
    type: 'string',
    default: '',
    description: 'ID of the asset that the file should be a version of: then "changed" is told from "unknown"',
  },
  timestampCertificatesField,
];

export const verifyPublished: Operation = {
  value: 'verifyPublished',
  name: 'Verify Against Address',
  action: 'Verify a file against a published ledger',
  description: 'Find out what a published ledger knows of a file, without a key or a connection',
  properties: [
    {
      displayName: 'Only few files are read from the address; the file itself is sent nowhere.',
      name: 'verifyPublishedNotice',
      type: 'notice',
      default: '',
    },
    ...offlineSubjectFields,
    ...fields,
  ],
  needsConnection: false,
  async run(call) {
    const { context, parameter, signal } = call;
    const text = (name: string) => String(parameter(name) ?? '').trim();
    const pasted = text('address');
    const address = folderAddress(pasted);
    const certificates = text('timestampCertificates');
    const chains = certificates === '' ? [] : [parseTimestampChain(certificates)];
    const memory = createSeenStates(context);
    const published = await openPublished({
      read: readPublished(address, { http: createHttp(context, ''), clock, signal }),
      fingerprint: text('fingerprint') || fingerprintInLink(pasted),
      seen: memory.list(),
      timestampChains: chains,
      timeOf: (stamp, message) => trustedTime(stamp, message, chains),
    });
    memory.remember(published.origin, published.checkpoint);
    const { verdict, digests } = await ask(call, (question) => published.ask(question));
    const { origin, size, at, fingerprint, compared } = published;
    return {
      items: [
        {
          json: {
            ...publishedJson(verdict),
            digests: { ...digests },
            ledger: { origin, entries: size, publishedAt: new Date(at).toISOString(), fingerprint, compared },
          },
        },
      ],
      ...(compared ? {} : { hint: 'Nobody has compared the key of this ledger: give its fingerprint as well' }),
    };
  },
};

async function ask(
  call: Call,
  answer: (question: { digests: SubjectDigests; asset?: string }) => Promise<PublishedVerdict>,
): Promise<{ verdict: PublishedVerdict; digests: SubjectDigests }> {
  const asset = String(call.parameter('asset') ?? '').trim();
  let best: { verdict: PublishedVerdict; digests: SubjectDigests } | undefined;
  for (const digests of (await subjectOf(call)).digests) {
    const verdict = await answer({ digests, ...(asset === '' ? {} : { asset }) });
    if (verdict.answer === 'known') return { verdict, digests };
    best ??= { verdict, digests };
  }
  if (!best) throw new DossierError('invalid-input', 'Name a binary field or give a hash');
  return best;
}

function publishedJson(verdict: PublishedVerdict) {
  if (verdict.answer !== 'known') return verdictJson(verdict);
  const { versions = [], ...rest } = verdictJson(verdict) as { versions?: object[] };
  return {
    ...rest,
    versions: verdict.versions.map(({ standing, newestVersion }, at) => ({ ...versions[at], standing, newestVersion })),
  };
}
