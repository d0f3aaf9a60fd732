import {
  distinctNames,
  type ExportFile,
  type Json,
  jsonBytes,
  portableName,
  type Report,
  utf8,
  zipOf,
} from '../../../../shared/index.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { toReadable } from '../../../host/readable.ts';
import { reportLocator } from './fields.ts';
import { reportJson } from './reportJson.ts';
import { storedReport } from './stored.ts';

export const exportReport: Operation = {
  value: 'export',
  name: 'Export',
  action: 'Export a stored report',
  key: 'required',
  description: 'Get a stored report as one archive: its text, attachments and facts',
  properties: [reportLocator({ displayName: 'Stored Report', name: 'report', required: true })],
  async run(call) {
    const { report } = await storedReport(call);
    const title = portableName(report.title, { maxLength: 100, fallback: 'report' });
    const archive = await call.context.helpers.prepareBinaryData(
      await toReadable(zipOf(filesOf(call, report))),
      `${title}.zip`,
      'application/zip',
    );
    return { items: [{ json: reportJson(report), binary: { archive } }] };
  },
};

/** One file held at a time. */
async function* filesOf(call: Call, report: Report): AsyncGenerator<ExportFile> {
  const { sources } = await call.store();
  yield { path: 'report.json', bytes: jsonBytes(reportJson(report) as unknown as Json) };
  yield { path: 'description.txt', bytes: utf8(report.description) };
  const names = distinctNames(
    report.attachments.map(({ name }) => portableName(name, { maxLength: 200, fallback: 'file', keepExtension: true })),
  );
  for (const [index, attachment] of report.attachments.entries()) {
    const source = await sources.open(attachment);
    const pieces: Uint8Array[] = [];
    for await (const piece of source.open()) pieces.push(piece);
    yield { path: `attachments/${names[index]}`, bytes: Buffer.concat(pieces) };
  }
}
