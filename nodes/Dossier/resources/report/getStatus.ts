import type { IDataObject } from 'n8n-workflow';
import type { Operation } from '../../../fields/operation.ts';
import { reportLocator } from './fields.ts';
import { reportJson } from './reportJson.ts';
import { storedReport } from './stored.ts';

/** What becomes of a report, without what is in it. */
const told = ['report', 'title', 'state', 'place', 'queued', 'submitted', 'code', 'reason', 'mend', 'path', 'fileId'];

export const getReportStatus: Operation = {
  value: 'getStatus',
  name: 'Get Status',
  action: 'Get the status of a report',
  key: 'required',
  description: 'Find out where a stored report is, and why it waits',
  properties: [reportLocator({ displayName: 'Stored Report', name: 'report', required: true })],
  async run(call) {
    const { report } = await storedReport(call);
    const all = reportJson(report);
    const json: IDataObject = Object.fromEntries(told.filter((name) => name in all).map((name) => [name, all[name]]));
    json['attachments'] = report.attachments.length;
    json['size'] = report.attachments.reduce((sum, { size }) => sum + size, 0);
    return { items: [{ json }] };
  },
};
