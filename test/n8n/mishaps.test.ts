import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { N8n } from '../hosts/n8n/n8n.ts';
import { type Step, steps } from './everyOperation.ts';
import { callWith, startWithSteps, workflowOf } from './stepWorkflow.ts';

/** What goes wrong around the node in one whole n8n: empty and missing fields, attempts that n8n repeats. */
let n8n: N8n;
let dropbox: DropboxEmulator;
let folder: string;

const known = new Map<string, IDataObject[]>([
  ['report.saveDraft', [{ report: 'x' }]],
  ['provenance.getManyAssets', [{ asset: 'x' }]],
]);
/** Operations with fields that come in by expressions, each once. */
const withFields = steps.filter(
  (step, index) =>
    Object.keys(step.items(known)[0]!).length > 0 && steps.findIndex(({ what }) => what === step.what) === index,
);
const withoutFile = ({ content: _content, ...step }: Step): Step => step;
const idOf = (step: Step) => `lack${String(steps.indexOf(step)).padStart(12, '0')}`;

const repeated: Step = {
  what: 'report.submit',
  choices: { what: 'new', record: false },
  content: 'description',
  items: () => [{ title: 'Repeated', description: 'x', attachments: 'data', folder: '/Reports' }],
  locators: { folder: 'path' },
  leadsTo: () => ({ state: 'submitted', path: '/Reports/Repeated' }),
};
const gathered: Step = {
  ...repeated,
  choices: { ...repeated.choices, gather: 'all' },
  items: () =>
    [0, 1, 2].map((index) => ({ title: `G${index}`, description: `${index}`, attachments: '', folder: '/Reports' })),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-mishaps-'));
  dropbox = await startDropboxEmulator();
  const workflows = [
    ...withFields.map((step) => workflowOf(withoutFile(step), idOf(step), { onError: 'continueRegularOutput' })),
    workflowOf(repeated, 'mishapRepeated01', { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 }),
    workflowOf(gathered, 'mishapGathered01'),
  ];
  n8n = await startWithSteps(folder, dropbox, workflows);
}, 900_000);

afterAll(async () => {
  await n8n?.stop();
  await dropbox?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Not those in which Dossier keeps its records: some operations open these before they look at the item. */
const files = () =>
  dropbox.files.list().filter(({ kind, display }) => kind === 'file' && !display.includes('/.dossier'));

describe('empty and missing fields', () => {
  it.each(withFields)(
    '$what says what it lacks, in words for people, and touches no file',
    { timeout: 120_000 },
    async (step) => {
      const names = Object.keys(step.items(known)[0]!);
      const empty = Object.fromEntries(names.map((name) => [name, '']));
      const before = files().length;
      // What is missing altogether is named by nothing; the field keeps the item from being no item at all.
      const answers = await callWith(n8n, idOf(step), [empty, { unrelated: true }]);
      expect(answers).toHaveLength(2);
      for (const { error } of answers) {
        expect(error).toMatch(/^[^a-z].*\.?$/);
        expect(error).not.toMatch(/undefined|null|TypeError|Cannot read|is not a function|\[object/);
      }
      expect(files()).toHaveLength(before);
    },
  );
});

describe('Retry On Fail', () => {
  it('goes on where the attempt before stopped, and makes one report', { timeout: 120_000 }, async () => {
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/finish_batch_v2',
    });
    const [report] = await callWith(n8n, 'mishapRepeated01', repeated.items(known));
    expect(dropbox.faults.pending).toEqual([]);
    expect(report).toMatchObject(repeated.leadsTo({}, 0));
    const folders = dropbox.files.list().filter(({ display }) => /^\/Reports\/[^/]+$/.test(display));
    expect(folders.map(({ display }) => display).sort()).toEqual(['/Reports/.dossier', '/Reports/Repeated']);
  });
});

describe('several items in one report', () => {
  it('leave as one item, which names all that it came from', { timeout: 120_000 }, async () => {
    const answers = await callWith(n8n, 'mishapGathered01', gathered.items(known));
    expect(answers).toMatchObject([{ state: 'submitted', path: '/Reports/G0' }]);
    const names = (answers[0]!['files'] as IDataObject[]).filter(({ field }) => field !== undefined);
    expect(names.map(({ field }) => field)).toEqual(['data', 'data_1', 'data_2']);
    const [run] = await n8n.executions('mishapGathered01');
    const { data } = (await n8n.execution(run!.id)) as {
      data: { resultData: { runData: Record<string, { data: { main: { pairedItem?: unknown }[][] } }[]> } };
    };
    expect(data.resultData.runData['Dossier']![0]!.data.main[0]![0]!.pairedItem).toEqual([
      { item: 0 },
      { item: 1 },
      { item: 2 },
    ]);
  });
});
