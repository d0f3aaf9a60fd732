import type { Operation } from '../../../fields/operation.ts';
import { reportLocator } from './fields.ts';
import { onOutbox } from './onOutbox.ts';

export const cancelReport: Operation = {
  value: 'cancel',
  name: 'Cancel',
  action: 'Cancel a report in the outbox',
  key: 'required',
  description: 'Take a report out of the Outbox, back to the drafts; sending begins anew later',
  properties: [reportLocator({ displayName: 'Stored Report', name: 'report', required: true })],
  run: (call) =>
    onOutbox(
      call,
      (outbox, id) => outbox.reopen(id),
      (title) => `"${title}" is a draft again`,
    ),
};
