import type { Operation } from '../../../fields/operation.ts';
import { reportLocator } from './fields.ts';
import { storedReport } from './stored.ts';

export const deleteReport: Operation = {
  value: 'delete',
  name: 'Delete',
  action: 'Delete a stored report',
  key: 'required',
  description: 'Delete a report from the store. What is at its destination already stays there.',
  notByModel: ['report'],
  properties: [reportLocator({ displayName: 'Stored Report', name: 'report', required: true })],
  async run(call) {
    const { report } = await storedReport(call);
    const { connection } = await call.open();
    const { outbox } = await call.store();
    await outbox({ path: connection.folder }).delete(report.id);
    return { items: [{ json: { deleted: true, report: report.id } }] };
  },
};
