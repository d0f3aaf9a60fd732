import type { Operation } from '../../../fields/operation.ts';
import { reportLocator } from './fields.ts';
import { onOutbox } from './onOutbox.ts';

export const pauseReport: Operation = {
  value: 'pause',
  name: 'Pause',
  action: 'Pause a report in the outbox',
  key: 'required',
  description: 'Keep a report of the Outbox from being sent; what is being sent stops',
  properties: [reportLocator({ displayName: 'Stored Report', name: 'report', required: true })],
  run: (call) =>
    onOutbox(
      call,
      (outbox, id) => outbox.pause(id),
      (title) => `"${title}" is paused`,
    ),
};
