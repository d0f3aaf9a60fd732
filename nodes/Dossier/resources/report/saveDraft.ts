import type { Operation } from '../../../fields/operation.ts';
import { contentFields } from './fields.ts';
import { oneReport } from './oneReport.ts';
import { reportJson } from './reportJson.ts';
import { saveDraft } from './stored.ts';
import { metadataOption } from './withoutMetadata.ts';

export const saveDraftReport: Operation = {
  value: 'saveDraft',
  name: 'Save Draft',
  action: 'Save a draft of a report',
  description: 'Keep a new report in the connected folder, encrypted, to go on with later',
  key: 'required',
  properties: contentFields,
  options: [metadataOption],
  together: oneReport,
  async run(call) {
    const { report } = await saveDraft(call);
    return { items: [{ json: reportJson(report) }], hint: `"${report.title}" was saved as a draft` };
  },
};
