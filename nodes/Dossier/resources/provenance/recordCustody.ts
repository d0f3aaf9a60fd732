import {
  assetId,
  type CustodyEvent,
  type CustodyRow,
  type CustodySubject,
  custodyRows,
  custodySubjectAmong,
  type Digests,
  DossierError,
  isCustody,
  type Ledger,
  recordCustodyEvent,
  say,
  verifyInLedger,
} from '../../../../shared/index.ts';
import { given } from '../../../fields/given.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';
import { publishOrWarn } from '../../../host/publishing.ts';
import { assetAt } from './linkFields.ts';
import { assetIdExample, custodySubjectFields, readDigests, type Subject, subjectOf } from './subject.ts';

const events: readonly { name: string; value: CustodyEvent; description: string }[] = [
  { name: 'Consent Given By', value: 'GiveConsent', description: 'Somebody agrees to its use' },
  {
    name: 'Consent Withdrawn By',
    value: 'WithdrawConsent',
    description: 'Somebody takes that back; Verify says so from now on',
  },
  { name: 'Handed To', value: 'HandOver', description: 'Somebody has it from now on' },
  { name: 'Received From', value: 'Receive', description: 'Somebody gave it' },
  { name: 'Reviewed By', value: 'Review', description: 'Somebody has looked at it' },
  { name: 'Working Copy Of', value: 'WorkingCopy', description: 'It was made from an original, to work with' },
];

export const recordCustody: Operation = {
  value: 'recordCustody',
  name: 'Record Custody Event',
  action: 'Record who had a file or a report',
  key: 'required',
  description: 'Record a hand-over, a review or a consent; names and reasons are hidden in the ledger',
  properties: [
    ...custodySubjectFields,
    { displayName: 'Event', name: 'event', type: 'options', options: [...events], default: 'HandOver' },
    {
      displayName: 'Who',
      name: 'holder',
      type: 'string',
      required: true,
      default: '',
      placeholder: 'e.g. Evidence room, District Court',
      description: 'Person or body; hidden in the ledger, and shown to whom you choose',
    },
    {
      displayName: 'Reason',
      name: 'reason',
      type: 'string',
      default: '',
      placeholder: 'e.g. Request 17/2026',
      description: 'Hidden like the name',
    },
    {
      displayName: 'Happened At',
      name: 'happenedAt',
      type: 'dateTime',
      default: '',
      description: 'Empty: just now. The time of recording is in the ledger besides.',
    },
    {
      displayName: 'Original',
      name: 'original',
      type: 'string',
      required: true,
      default: '',
      placeholder: assetIdExample,
      description: 'ID of the asset that the working copy was made from',
      displayOptions: { show: { event: ['WorkingCopy'] } },
    },
  ],
  notByModel: ['event', 'holder', 'original'],
  async run(call) {
    const ledger = await ledgerFor(call);
    const subject = await custodySubjectOf(call, ledger);
    const recorded = await recordCustodyEvent(ledger, subject, actOf(call), call.signal);
    await publishOrWarn(await call.open(), ledger, call.context);
    const rows = await custodyRows(ledger, recorded.asset, undefined, call.signal);
    const { event, asset, version, index } = recorded;
    return {
      items: [
        {
          json: {
            event,
            asset,
            version,
            index,
            recordedAt: rows.find((row) => row.index === index)?.recordedAt ?? '',
            ledger: ledger.log.identity.origin,
            custody: rows.filter((row) => isCustody(row.event)).map(rowJson),
          },
        },
      ],
    };
  },
};

/** Only a content that is at hand can be the first thing that a ledger records. */
async function ledgerFor(call: Call): Promise<Ledger> {
  const store = await call.store();
  if (['binary', 'path'].includes(String(call.parameter('subject')))) return store.beginLedger(call.signal);
  const ledger = await store.ledger(call.signal);
  if (!ledger) throw unknownFile();
  return ledger;
}

const unknownFile = () => new DossierError('not-found', 'The ledger of the connected folder knows no such file');

function actOf({ context, itemIndex, parameter }: Call) {
  const event = events.find(({ value }) => value === parameter('event'))?.value;
  if (!event) throw new DossierError('invalid-input', say`There is no custody event ${String(parameter('event'))}`);
  const at = String(given(context, 'happenedAt', parameter('happenedAt')) ?? '').trim();
  return {
    event,
    holder: String(parameter('holder') ?? ''),
    reason: String(parameter('reason') ?? ''),
    ...(at === '' ? {} : { happenedAt: timeIn(at, context.getTimezone()) }),
    ...(event === 'WorkingCopy' ? { original: idIn(parameter('original')) } : {}),
    // What n8n tries again is the same event; in a loop each run of the node is another.
    occasion: `n8n ${context.getExecutionId()} ${context.getNode().id} ${String(context.getWorkflowDataProxy(itemIndex).$runIndex ?? 0)} ${itemIndex}`,
  };
}

/** Milliseconds since 1970 UTC. The field of n8n gives a time without an offset: it is one of the workflow's zone. */
function timeIn(text: string, timeZone: string): number {
  const [, day, time = '00:00:00'] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?))?$/.exec(text) ?? [];
  const asUtc = day === undefined ? Number.NaN : Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(asUtc)) return Date.parse(text);
  const offsetAt = (at: number) =>
    Date.parse(`${new Date(at).toLocaleString('sv-SE', { timeZone }).replace(' ', 'T')}Z`) -
    Math.floor(at / 1000) * 1000;
  return asUtc - offsetAt(asUtc - offsetAt(asUtc));
}

const idIn = (value: unknown) =>
  String(value ?? '')
    .trim()
    .toLowerCase();

async function custodySubjectOf(call: Call, ledger: Ledger): Promise<CustodySubject> {
  const { parameter } = call;
  if (parameter('subject') === 'asset') return { asset: idIn(parameter('asset')) };
  if (parameter('subject') === 'report')
    return {
      asset: assetId(ledger.assetKey, { kind: 'report', account: '', file: String(parameter('report') ?? '').trim() }),
    };
  const subject = await subjectOf(call);
  return (await knownAs(call, ledger, subject)) ?? unknownContent(call, subject);
}

/** The newest asset with this content, or the one that a linked folder has at this place. */
async function knownAs(
  call: Call,
  ledger: Ledger,
  { digests, entry }: Subject,
): Promise<{ readonly asset: string } | undefined> {
  const asset = entry && (await assetAt(call, entry));
  for (const each of digests) {
    const question = { digests: each, ...(asset === undefined ? {} : { asset }) };
    const verdict = await verifyInLedger(ledger, question, call.signal);
    if (verdict.answer === 'known') return custodySubjectAmong(verdict.versions, asset);
    if (verdict.answer === 'changed')
      throw new DossierError('invalid-input', 'The file has changed since it was recorded', {
        advice: 'Run Provenance: Record Changes first, so that it is clear which version is meant',
      });
  }
  return undefined;
}

/** A content that the ledger does not know is registered with the event, if it is at hand. */
async function unknownContent(call: Call, { digests, entry }: Subject): Promise<CustodySubject> {
  if (call.parameter('subject') === 'hash') throw unknownFile();
  const [told] = digests;
  // Dropbox tells its own hash alone: what is recorded for the first time is read.
  const known = told?.sha256 === undefined && entry ? await readDigests(call, entry) : told;
  if (known?.sha256 === undefined) throw unknownFile();
  const [file] = entry ? [] : await binaryFiles(call.context, call.itemIndex, call.parameter('binaryField'));
  return { digests: known as Digests, name: entry?.name ?? file?.name ?? '' };
}

function rowJson({ event, index, recordedAt, happenedAt, holder, reason }: CustodyRow) {
  return {
    event,
    index,
    recordedAt,
    ...(happenedAt === undefined ? {} : { happenedAt }),
    ...(holder === undefined ? {} : { holder }),
    ...(reason === undefined ? {} : { reason }),
  };
}
