import {
  distinctNames,
  folderFiles,
  type Json,
  jsonBytes,
  type OutgoingFile,
  parseStoredPath,
  portableName,
  type Report,
  utf8,
  zipOf,
} from '../../../../shared/index.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { clock } from '../../../host/clock.ts';
import { toReadable } from '../../../host/readable.ts';
import { formatFields, putBag } from '../../bags.ts';
import { reportLocator } from './fields.ts';
import { reportJson } from './reportJson.ts';
import { storedReport } from './stored.ts';

export const exportReport: Operation = {
  value: 'export',
  name: 'Export',
  action: 'Export a stored report',
  key: 'required',
  description: 'Get a stored report as one archive or as a BagIt bag: its text, attachments and facts',
  properties: [reportLocator({ displayName: 'Stored Report', name: 'report', required: true }), ...formatFields],
  async run(call) {
    const { report } = await storedReport(call);
    const title = portableName(report.title, { maxLength: 100, fallback: 'report' });
    if (call.parameter('format') === 'bag') {
      const { json, binary } = await putBag(call, { payload: await payloadOf(call, report), name: title });
      return { items: [{ json: { ...reportJson(report), ...json }, ...(binary && { binary }) }] };
    }
    const archive = await call.context.helpers.prepareBinaryData(
      await toReadable(zipOf(filesOf(call, report))),
      `${title}.zip`,
      'application/zip',
    );
    return { items: [{ json: reportJson(report), binary: { archive } }] };
  },
};

/** A report that was delivered is what lies at its destination, with its receipt. */
async function payloadOf(call: Call, report: Report): Promise<AsyncIterable<OutgoingFile>> {
  if (report.state !== 'submitted' || !report.destination) return filesOf(call, report);
  const { drive } = await call.open();
  const { path, id } = report.destination;
  const folder = { path: parseStoredPath(path), ...(id === undefined ? {} : { id }) };
  return folderFiles({ drive, folder, clock, signal: call.signal });
}

async function* filesOf(call: Call, report: Report): AsyncGenerator<OutgoingFile> {
  const { sources } = await call.store();
  yield { path: 'report.json', bytes: jsonBytes(reportJson(report) as unknown as Json) };
  yield { path: 'description.txt', bytes: utf8(report.description) };
  const names = distinctNames(
    report.attachments.map(({ name }) => portableName(name, { maxLength: 200, fallback: 'file', keepExtension: true })),
  );
  for (const [index, attachment] of report.attachments.entries())
    yield { path: `attachments/${names[index]}`, body: await sources.open(attachment) };
}
