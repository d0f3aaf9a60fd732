import type { Operation } from '../../../fields/operation.ts';
import { contentFields, reportLocator, shownFor } from './fields.ts';
import { oneReport } from './oneReport.ts';
import { reportJson } from './reportJson.ts';
import { saveDraft, storedId } from './stored.ts';
import { metadataOption, refuseChoiceForStored } from './withoutMetadata.ts';

export const submitLaterReport: Operation = {
  value: 'submitLater',
  name: 'Submit Later',
  action: 'Put a report in the outbox',
  description: 'Keep a report in the Outbox of the folder, encrypted, until it is submitted',
  key: 'required',
  properties: [
    {
      displayName: 'What to Submit',
      name: 'what',
      type: 'options',
      options: [
        { name: 'New Report', value: 'new', description: 'Made from the fields below and the files of the item' },
        { name: 'Stored Report', value: 'stored', description: 'A draft of the connected folder' },
      ],
      default: 'new',
    },
    ...shownFor('what', ['new'], contentFields),
    ...shownFor(
      'what',
      ['stored'],
      [
        reportLocator({
          displayName: 'Stored Report',
          name: 'report',
          required: true,
          description: 'The draft to put in the Outbox. Nothing in the Outbox can be edited.',
        }),
      ],
    ),
  ],
  options: [metadataOption],
  together: (call) => (call.parameter('what') === 'new' ? oneReport(call) : undefined),
  async run(call) {
    const { connection } = await call.open();
    if (call.parameter('what') === 'stored') refuseChoiceForStored(call);
    const id = call.parameter('what') === 'stored' ? storedId(call) : (await saveDraft(call)).report.id;
    const { outbox } = await call.store();
    const report = await outbox({ path: connection.folder }).submitLater(id);
    return { items: [{ json: reportJson(report) }], hint: `"${report.title}" waits in the Outbox` };
  },
};
