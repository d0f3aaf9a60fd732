import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { DossierError } from '../../../../shared/index.ts';
import type { Call, Operation, Result } from '../../../fields/operation.ts';
import {
  contentFields,
  destinationField,
  encodingOption,
  privacyOption,
  recordField,
  reportLocator,
  shownFor,
} from './fields.ts';
import { madePublic } from './madePublic.ts';
import { oneReport } from './oneReport.ts';
import { parseOutboxItem, storedInItem } from './outboxItem.ts';
import { reportKeyOption } from './reportKey.ts';
import { storedId } from './stored.ts';
import { submitItem } from './submitItem.ts';
import { submitStored } from './submitStored.ts';
import { submittedByOption } from './submittedBy.ts';
import { metadataOption, refuseChoiceForStored } from './withoutMetadata.ts';

const whatToSubmit: INodeProperties = {
  displayName: 'What to Submit',
  name: 'what',
  type: 'options',
  options: [
    {
      name: 'From Outbox Item',
      value: 'outbox',
      description: 'Go on with the report of an item that left Submit by Outbox, with its files',
    },
    { name: 'New Report', value: 'new', description: 'Made from the fields below and the files of the item' },
    { name: 'Stored Report', value: 'stored', description: 'A draft, or a report in the Outbox of the folder' },
  ],
  default: 'new',
};

export const submitReport: Operation = {
  value: 'submit',
  name: 'Submit',
  action: 'Submit a report',
  description: 'Deliver a report and prove that all of it arrived, once per report key',
  outputs: ['Submitted', 'Outbox'],
  key: 'whenRecording',
  notByModel: ['folder'],
  properties: [
    whatToSubmit,
    ...shownFor('what', ['new'], contentFields),
    ...shownFor(
      'what',
      ['stored'],
      [
        reportLocator({
          displayName: 'Stored Report',
          name: 'report',
          required: true,
          description: 'A draft, or a report in the Outbox, of the connected folder',
        }),
      ],
    ),
    destinationField,
    ...shownFor('what', ['new', 'outbox'], [recordField]),
    // Of another name: the key is asked for unless `record` is there and false, and a stored report always needs it.
    ...shownFor('what', ['stored'], [{ ...recordField, name: 'recordStored' }]),
  ],
  options: [encodingOption, metadataOption, privacyOption, reportKeyOption, submittedByOption],
  together: (call) => (call.parameter('what') === 'new' ? oneReport(call) : undefined),
  async run(call) {
    return madePublic(call, await (kinds[String(call.parameter('what') ?? 'new')] ?? unknownKind)(call));
  },
};

const kinds: Readonly<Record<string, (call: Call) => Promise<Result>>> = {
  async new(call) {
    const json = itemJson(call);
    if (parseOutboxItem(json) ?? storedInItem(json))
      throw new DossierError(
        'invalid-input',
        'This item left another Submit by Outbox: choose From Outbox Item under What to Submit',
      );
    return submitItem(call, undefined);
  },
  async stored(call) {
    refuseChoiceForStored(call);
    return submitStored(call, storedId(call));
  },
  async outbox(call) {
    const json = itemJson(call);
    const stored = storedInItem(json);
    if (stored !== undefined) return submitStored(call, stored);
    const begun = parseOutboxItem(json);
    if (begun === undefined)
      throw new DossierError(
        'invalid-input',
        'This item did not leave Submit by Outbox: it has no report to go on with',
      );
    return submitItem(call, begun);
  },
};

async function unknownKind(): Promise<never> {
  throw new DossierError(
    'invalid-input',
    'What to Submit is New Report (new), Stored Report (stored) or From Outbox Item (outbox)',
  );
}

function itemJson({ context, itemIndex }: Call): IDataObject | undefined {
  return context.getInputData()[itemIndex]?.json;
}
