import type { IBinaryData } from 'n8n-workflow';
import type { Operation } from '../../../fields/operation.ts';
import { toReadable } from '../../../host/readable.ts';
import { reportLocator } from './fields.ts';
import { reportJson } from './reportJson.ts';
import { storedReport } from './stored.ts';

export const getReport: Operation = {
  value: 'get',
  name: 'Get',
  action: 'Get a stored report',
  key: 'required',
  description: 'Get a draft, a report in the Outbox or a submitted one',
  properties: [reportLocator({ displayName: 'Stored Report', name: 'report', required: true })],
  options: [
    {
      displayName: 'Download Attachments',
      name: 'download',
      type: 'boolean',
      default: false,
      description: 'Whether to get the attachments too, in binary fields named attachment_0, attachment_1 and so on',
    },
  ],
  async run(call) {
    const { report } = await storedReport(call);
    const { download = false } = (call.parameter('options') ?? {}) as { download?: boolean };
    const binary: Record<string, IBinaryData> = {};
    const { sources } = await call.store();
    for (const [index, attachment] of (download ? report.attachments : []).entries()) {
      const source = await sources.open(attachment);
      binary[`attachment_${index}`] = await call.context.helpers.prepareBinaryData(
        await toReadable(source.open()),
        attachment.name,
        attachment.mediaType,
      );
    }
    return { items: [{ json: reportJson(report), ...(download ? { binary } : {}) }] };
  },
};
