import {
  type CustodyForm,
  custodyRows,
  custodyTable,
  DossierError,
  exportHistory as filesOf,
  type KnownVersion,
  type Ledger,
  type MaskedClaim,
  utf8,
  verifyInLedger,
  zipOf,
} from '../../../../shared/index.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { toReadable } from '../../../host/readable.ts';
import { bagFields, putBag } from '../../bags.ts';
import { ledgerOf, subjectFields, subjectOf } from './subject.ts';

const claims: readonly { name: string; value: MaskedClaim }[] = [
  { name: 'Author', value: 'author' },
  { name: 'Custody: Reason', value: 'reason' },
  { name: 'Custody: When', value: 'happenedAt' },
  { name: 'Custody: Who', value: 'holder' },
  { name: 'Name', value: 'name' },
  { name: 'Path', value: 'path' },
  { name: 'Size', value: 'size' },
  { name: 'Title', value: 'title' },
];

const forms: readonly { name: string; value: 'zip' | 'bag' | CustodyForm; mediaType: string }[] = [
  { name: 'Archive', value: 'zip', mediaType: 'application/zip' },
  { name: 'BagIt', value: 'bag', mediaType: 'application/zip' },
  { name: 'Custody Table (CSV)', value: 'csv', mediaType: 'text/csv' },
  { name: 'Custody Table (HTML)', value: 'html', mediaType: 'text/html' },
  { name: 'Custody Table (Markdown)', value: 'md', mediaType: 'text/markdown' },
  { name: 'Custody Table (Text)', value: 'txt', mediaType: 'text/plain' },
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
    {
      displayName: 'Form',
      name: 'form',
      type: 'options',
      options: forms.map(({ name, value }) => ({ name, value })),
      default: 'zip',
      description: 'The whole archive, the same as a bag, or only the chronological table of who had the file',
    },
    ...bagFields({ form: ['bag'] }),
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
    const { value: form, mediaType } = forms.find(({ value }) => value === call.parameter('form')) ?? forms[0]!;
    const { origin } = ledger.log.identity;
    const json = { asset, ledger: origin, fingerprint: ledger.log.statementFingerprint };
    if (form === 'bag') {
      const bag = await putBag(call, { payload: filesOf(ledger, { asset, disclose }, call.signal), name: asset });
      return { items: [{ json: { ...json, ...bag.json }, ...(bag.binary && { binary: bag.binary }) }] };
    }
    const bytes =
      form === 'zip'
        ? zipOf(filesOf(ledger, { asset, disclose }, call.signal))
        : tableOf(ledger, { asset, disclose, form }, call.signal);
    const history = await call.context.helpers.prepareBinaryData(
      await toReadable(bytes),
      `${asset}.${form}`,
      mediaType,
    );
    return { items: [{ json, binary: { history } }] };
  },
};

async function* tableOf(
  ledger: Ledger,
  {
    asset,
    disclose,
    form,
  }: { readonly asset: string; readonly disclose: readonly MaskedClaim[]; readonly form: CustodyForm },
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  yield utf8(custodyTable(asset, await custodyRows(ledger, asset, disclose, signal), form));
}

async function newestAsset(call: Call, ledger: Ledger): Promise<string | undefined> {
  const known: KnownVersion[] = [];
  for (const digests of (await subjectOf(call)).digests) {
    const verdict = await verifyInLedger(ledger, { digests }, call.signal);
    if (verdict.answer === 'known') known.push(...verdict.versions);
  }
  return known.sort((a, b) => a.index - b.index).at(-1)?.asset;
}
