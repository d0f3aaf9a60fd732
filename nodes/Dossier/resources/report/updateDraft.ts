import type { INodeProperties } from 'n8n-workflow';
import {
  type Attachment,
  createReportId,
  DossierError,
  parseContent,
  type Report,
  say,
} from '../../../../shared/index.ts';
import type { Call, Operation } from '../../../fields/operation.ts';
import { binaryFiles } from '../../../host/binary.ts';
import { clock } from '../../../host/clock.ts';
import { keepCopies } from './copies.ts';
import { attachmentsField, descriptionField, reportLocator, titleField } from './fields.ts';
import { reportJson } from './reportJson.ts';
import { storedReport } from './stored.ts';
import { metadataOption } from './withoutMetadata.ts';

const { required: _required, ...title } = titleField;

const changes: INodeProperties = {
  displayName: 'Changes',
  name: 'changes',
  type: 'collection',
  placeholder: 'Add change',
  default: {},
  description: 'Whatever is not named here stays as it is',
  options: [
    {
      ...attachmentsField,
      displayName: 'Add Attachments',
      name: 'add',
      description: 'Names of the binary fields to attach, separated by commas. Empty attaches all that the item has.',
    },
    descriptionField,
    {
      displayName: 'Remove Attachments',
      name: 'remove',
      type: 'string',
      default: '',
      placeholder: 'e.g. photo.jpg, video.mp4',
      description: 'Names of attachments of the draft, separated by commas. * removes all.',
    },
    title,
  ],
};

interface Changes {
  readonly title?: unknown;
  readonly description?: unknown;
  readonly add?: unknown;
  readonly remove?: unknown;
}

export const updateDraftReport: Operation = {
  value: 'updateDraft',
  name: 'Update Draft',
  action: 'Update a draft of a report',
  description: 'Change the text of a draft, and add or remove attachments; the rest stays',
  key: 'required',
  properties: [reportLocator({ displayName: 'Stored Report', name: 'report', required: true }), changes],
  options: [metadataOption],
  async run(call) {
    const report = await updateDraft(call);
    return { items: [{ json: reportJson(report) }], hint: `The draft "${report.title}" was changed` };
  },
};

async function updateDraft(call: Call): Promise<Report> {
  const before = await storedReport(call);
  const wanted = (call.parameter('changes') ?? {}) as Changes;
  const removed = removedFrom(before.report, wanted.remove);
  const now = clock.now();
  const content = parseContent({
    title: wanted.title ?? before.report.title,
    description: wanted.description ?? before.report.description,
    attachments: before.report.attachments.filter((attachment) => !removed.includes(attachment)),
  });
  const { reports, copies } = await call.store();
  const files = 'add' in wanted ? await binaryFiles(call.context, call.itemIndex, wanted.add) : [];
  const added = await keepCopies(call, files, createReportId(now));
  try {
    const report: Report = { ...before.report, ...content, attachments: [...content.attachments, ...added] };
    const saved = await reports.save(report, before.version, now, call.signal);
    for (const old of removed) await copies.discard(old);
    return saved.report;
  } catch (error) {
    for (const copy of added) await copies.discard(copy).catch(() => undefined);
    return Promise.reject(error);
  }
}

function removedFrom({ attachments }: Report, remove: unknown): readonly Attachment[] {
  const names = String(remove ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.includes('*')) return attachments;
  const unknown = names.find((name) => !attachments.some((attachment) => attachment.name === name));
  if (unknown !== undefined) {
    const known = attachments.map(({ name }) => name).join(', ');
    throw new DossierError(
      'invalid-input',
      say`The draft has no attachment "${unknown}". ${known === '' ? 'It has none at all' : `It has: ${known}`}`,
    );
  }
  return attachments.filter(({ name }) => names.includes(name));
}
