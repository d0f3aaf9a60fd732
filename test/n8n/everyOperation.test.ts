import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../nodes/Dossier/resources/index.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../emulators/dropbox/index.ts';
import type { N8n } from '../hosts/n8n/n8n.ts';
import { inContextOnly, type Step, steps } from './everyOperation.ts';
import { callWith, startWithSteps, workflowOf } from './stepWorkflow.ts';

/** Every operation in one whole n8n, each in a workflow of its own, for up to 20 items at once. */
let n8n: N8n;
let dropbox: DropboxEmulator;
let folder: string;
const known = new Map<string, IDataObject[]>();

const idOf = (step: Step) => `every${String(steps.indexOf(step)).padStart(11, '0')}`;
const failing: Step = {
  what: 'file.getLink',
  items: () => [{ path: '/F7/n7.txt' }, { path: '/F7/nothing.txt' }, { path: '' }, { path: '/F8/n8.txt' }],
  locators: { path: 'path' },
  leadsTo: () => ({}),
};

const call = (id: string, items: readonly IDataObject[]) => callWith(n8n, id, items);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dossier-every-'));
  dropbox = await startDropboxEmulator();
  const going = { onError: 'continueRegularOutput' };
  const workflows = [
    ...steps.map((step) => workflowOf(step, idOf(step))),
    workflowOf(failing, 'everyFailing0001', going),
  ];
  n8n = await startWithSteps(folder, dropbox, workflows);
}, 900_000);

afterAll(async () => {
  await n8n?.stop();
  await dropbox?.close();
  await rm(folder, { recursive: true, force: true });
});

it('names operations of the node; test:n8n tells of those that nothing runs', () => {
  const all = resources.flatMap(({ value, operations }) =>
    operations.map((operation) => `${value}.${operation.value}`),
  );
  expect(
    [...steps.map(({ what }) => what), ...Object.keys(inContextOnly)].filter((what) => !all.includes(what)),
  ).toEqual([]);
});

describe('in a whole n8n, with an expression in every field', () => {
  it.each(steps)(
    '$what does for each item what it says, and names the item it came from',
    { timeout: 240_000 },
    async (step) => {
      const items = step.items(known);
      const answers = await call(idOf(step), items);
      known.set(step.what, answers);
      for (const [index, item] of items.entries()) expect(answers[index]).toMatchObject(step.leadsTo(item, index));
      const [run] = await n8n.executions(idOf(step));
      const { data } = (await n8n.execution(run!.id)) as {
        data: { resultData: { runData: Record<string, { data: { main: { pairedItem?: { item: number } }[][] } }[]> } };
      };
      const paired = data.resultData.runData['Dossier']![0]!.data.main[0]!.map(({ pairedItem }) => pairedItem?.item);
      expect(new Set(paired)).toEqual(new Set(items.keys()));
    },
  );

  it('an item that fails spoils no other, where the workflow goes on', { timeout: 120_000 }, async () => {
    const answers = await call('everyFailing0001', failing.items(known));
    expect(answers).toMatchObject([
      { path: '/F7/n7.txt' },
      { error: expect.stringContaining('/F7/nothing.txt') },
      { error: expect.any(String) },
      { path: '/F8/n8.txt' },
    ]);
  });

  it('nothing secret is in the log', () => {
    for (const secret of [dropbox.token, dropbox.appSecret]) expect(n8n.log()).not.toContain(secret);
  });
});
