import type { IDataObject } from 'n8n-workflow';
import type { Report, SubmitEvent } from '../../../../shared/index.ts';

/** Where each attachment of a report is, from what happens while it is sent. */
export function createProgress({ attachments }: Report) {
  const states = new Map<string, IDataObject>();
  return {
    note(event: SubmitEvent): void {
      if (event.type === 'progress')
        states.set(event.attachment, { state: 'sending', acknowledgedBytes: event.acknowledgedBytes });
      if (event.type === 'delivered')
        states.set(event.attachment, { state: 'delivered', deliveredAs: event.name, proof: { ...event.proof } });
      if (event.type === 'failed')
        states.set(event.attachment, {
          state: 'waiting',
          ...states.get(event.attachment),
          code: event.error.code,
          reason: event.error.message,
        });
    },
    /** One line for each attachment, as far as it has come. */
    files: (): IDataObject[] =>
      attachments.map(({ id, name, mediaType, size }) => ({
        field: id,
        name,
        mediaType,
        size,
        state: 'waiting',
        ...states.get(id),
      })),
  };
}
