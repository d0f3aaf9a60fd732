import type { Operation } from '../../../fields/operation.ts';
import { reportLocator } from './fields.ts';
import { onOutbox } from './onOutbox.ts';

export const resumeReport: Operation = {
  value: 'resume',
  name: 'Resume',
  action: 'Resume a paused report',
  key: 'required',
  description: 'Ask for a waiting report to be sent on; Report: Submit or VS Code sends it',
  properties: [reportLocator({ displayName: 'Stored Report', name: 'report', required: true })],
  run: (call) =>
    onOutbox(
      call,
      (outbox, id) => outbox.resume(id),
      (title) => `"${title}" is asked for: Report: Submit, or VS Code where it is open, sends it`,
    ),
};
