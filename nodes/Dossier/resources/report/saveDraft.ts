import type { Operation } from '../../../fields/operation.ts';
import { contentFields, reportLocator } from './fields.ts';
import { reportJson } from './reportJson.ts';
import { saveDraft } from './stored.ts';

export const saveDraftReport: Operation = {
  value: 'saveDraft',
  name: 'Save Draft',
  action: 'Save a draft of a report',
  description: 'Keep a report in the connected folder, encrypted, to go on with later',
  properties: [
    ...contentFields,
    reportLocator({
      displayName: 'Stored Report',
      name: 'report',
      description: 'The draft to change; its attachments stay when the item brings none. Empty makes a new draft.',
    }),
  ],
  async run(call) {
    const { report } = await saveDraft(call);
    return { items: [{ json: reportJson(report) }], hint: `"${report.title}" was saved as a draft` };
  },
};
