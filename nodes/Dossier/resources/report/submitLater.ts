import type { Operation } from '../../../fields/operation.ts';
import { contentFields, reportLocator } from './fields.ts';
import { reportJson } from './reportJson.ts';
import { saveDraft, storedId } from './stored.ts';

export const submitLaterReport: Operation = {
  value: 'submitLater',
  name: 'Submit Later',
  action: 'Put a report in the outbox',
  description:
    'Keep a report in the Outbox of the connected folder, encrypted, until it is submitted. Nothing in the Outbox can be edited.',
  properties: [
    reportLocator({
      displayName: 'Stored Report',
      name: 'report',
      description: 'The draft to put in the Outbox. Empty makes a new report from the fields below.',
    }),
    ...contentFields,
  ],
  async run(call) {
    const { connection } = await call.open();
    const id = storedId(call) ?? (await saveDraft(call)).report.id;
    const { outbox } = await call.store();
    const report = await outbox({ path: connection.folder }).submitLater(id);
    return { items: [{ json: reportJson(report) }], hint: `"${report.title}" waits in the Outbox` };
  },
};
