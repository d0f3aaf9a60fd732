import {
  DossierError,
  exportHistory as filesOf,
  type KnownVersion,
  type Ledger,
  type MaskedClaim,
  verifyInLedger,
  zipOf,
} from '../../../../shared/index.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { toReadable } from '../../../host/readable.ts';
import { ledgerOf, subjectFields, subjectOf } from './subject.ts';

const claims: readonly { name: string; value: MaskedClaim }[] = [
  { name: 'Author', value: 'author' },
  { name: 'Name', value: 'name' },
  { name: 'Path', value: 'path' },
  { name: 'Size', value: 'size' },
  { name: 'Title', value: 'title' },
];

export const exportHistory: Operation = {
  value: 'exportHistory',
  name: 'Export History',
  action: 'Export the history of a recorded file',
  key: 'required',
  description: 'Get all that was recorded of a file as one archive that explains itself',
  properties: [
    ...subjectFields,
    {
      displayName: 'Asset',
      name: 'asset',
      type: 'string',
      default: '',
      placeholder: 'e.g. 0a1b2c3d-4e5f-8a6b-9c7d-0e1f2a3b4c5d',
      description:
        'ID of the asset, in the place of its file. Empty: the newest asset with the content of the file or the hash.',
    },
    {
      displayName: 'Show',
      name: 'disclose',
      type: 'multiOptions',
      options: [...claims],
      default: [],
      description: 'What whoever gets the archive may see besides hashes and times',
    },
  ],
  async run(call) {
    const ledger = await ledgerOf(call);
    const asset =
      ledger &&
      (String(call.parameter('asset') ?? '')
        .trim()
        .toLowerCase() ||
        (await newestAsset(call, ledger)));
    if (!ledger || !asset) throw new DossierError('not-found', 'The ledger of the connected folder knows no such file');
    const wanted = [call.parameter('disclose') ?? []].flat();
    const disclose = claims.map(({ value }) => value).filter((claim) => wanted.includes(claim));
    const archive = await toReadable(zipOf(filesOf(ledger, { asset, disclose }, call.signal)));
    const history = await call.context.helpers.prepareBinaryData(archive, `${asset}.zip`, 'application/zip');
    return {
      items: [
        {
          json: { asset, ledger: ledger.log.identity.origin, fingerprint: ledger.log.statementFingerprint },
          binary: { history },
        },
      ],
    };
  },
};

async function newestAsset(call: Call, ledger: Ledger): Promise<string | undefined> {
  const known: KnownVersion[] = [];
  for (const digests of (await subjectOf(call)).digests) {
    const verdict = await verifyInLedger(ledger, { digests }, call.signal);
    if (verdict.answer === 'known') known.push(...verdict.versions);
  }
  return known.sort((a, b) => a.index - b.index).at(-1)?.asset;
}
