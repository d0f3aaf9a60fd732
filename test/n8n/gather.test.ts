import type { INodeExecutionData } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../support/seeded.ts';
import { dropbox, host, json, path, run } from './dropboxNode.ts';

const parameters = {
  title: '={{ $json.title }}',
  description: '={{ $json.text }}',
  attachments: '',
  folder: path('/Reports'),
};
const unrecorded = { record: false };

async function items(...titles: string[]): Promise<INodeExecutionData[]> {
  return Promise.all(
    titles.map(async (title, index) => ({
      json: { title, text: `text ${index}` },
      binary: { data: await host.store(seededBytes(1000 + index, index), `photo ${index}.jpg`, 'image/jpeg') },
    })),
  );
}

const files = (report: unknown) => ((report as { files: { name: string }[] }).files ?? []).map(({ name }) => name);

describe('files of several items in one report', () => {
  it('all of them, by choice: one report, which names every item that it came from', async () => {
    const { outputs } = await run(
      'report',
      'submit',
      { ...parameters, ...unrecorded, gather: 'all' },
      { items: await items('A', 'B', 'C') },
    );
    expect(outputs[0]).toHaveLength(1);
    expect(outputs[0]![0]).toMatchObject({
      json: { title: 'A', path: '/Reports/A' },
      pairedItem: [{ item: 0 }, { item: 1 }, { item: 2 }],
    });
    expect(files(outputs[0]![0]!.json)).toEqual(['description.txt', 'photo 0.jpg', 'photo 1.jpg', 'photo 2.jpg']);
    expect((await dropbox.files.read('/Reports/A/photo 2.jpg')).length).toBe(1002);
    expect((await dropbox.files.read('/Reports/A/description.txt')).toString()).toBe('text 0');
  });

  it('by their titles, never across destinations or report keys', async () => {
    const given = [...(await items('A', 'B', 'A', 'A')), ...(await items('B'))];
    given[3]!.json['folder'] = '/Other';
    const { outputs } = await run(
      'report',
      'submit',
      { ...parameters, ...unrecorded, gather: 'title', folder: path("={{ $json.folder ?? '/Reports' }}") },
      { items: given },
    );
    expect(outputs[0]!.map(({ json: { path }, pairedItem }) => [path, pairedItem])).toEqual([
      ['/Reports/A', [{ item: 0 }, { item: 2 }]],
      ['/Reports/B', [{ item: 1 }, { item: 4 }]],
      ['/Other/A', { item: 3 }],
    ]);
    const keyed = await run(
      'report',
      'submit',
      { ...parameters, ...unrecorded, gather: 'all', options: { reportKey: '={{ $json.title }}' } },
      { items: await items('K', 'L') },
    );
    expect(json(keyed).map((each) => each['title'])).toEqual(['K', 'L']);
  });

  it('none by default', async () => {
    expect(
      json(await run('report', 'submit', { ...parameters, ...unrecorded }, { items: await items('A', 'B') })),
    ).toHaveLength(2);
  });

  it('a run that is repeated delivers nothing twice', async () => {
    const given = { items: await items('A', 'B'), executionId: 'same' };
    const gathering = { ...parameters, ...unrecorded, gather: 'all' };
    const [first] = json(await run('report', 'submit', gathering, given));
    const [second] = json(await run('report', 'submit', gathering, given));
    expect(second).toMatchObject({ report: first!['report'], path: '/Reports/A' });
    expect(dropbox.files.list().filter(({ display }) => /photo/.test(display))).toHaveLength(2);
  });

  it('leave by Outbox together, with every file, and are submitted from there', async () => {
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/finish_batch_v2',
    });
    const { outputs } = await run(
      'report',
      'submit',
      { ...parameters, ...unrecorded, gather: 'all', attachments: 'data' },
      { items: await items('A', 'B'), connectedOutputs: [0, 1] },
    );
    expect(outputs[0]).toEqual([]);
    const [waiting] = outputs[1]!;
    expect(waiting).toMatchObject({
      json: { state: 'interrupted', title: 'A' },
      pairedItem: [{ item: 0 }, { item: 1 }],
    });
    expect(Object.values(waiting!.binary!).map(({ fileName }) => fileName)).toEqual(['photo 0.jpg', 'photo 1.jpg']);
    dropbox.faults.clear();
    const { pairedItem: _from, ...item } = waiting!;
    const [report] = json(await run('report', 'submit', { ...parameters, ...unrecorded }, { items: [item] }));
    expect(files(report)).toEqual(['description.txt', 'photo 0.jpg', 'photo 1.jpg']);
  });

  it('are kept together in a draft', async () => {
    const [draft] = json(
      await run('report', 'saveDraft', { ...parameters, gather: 'all' }, { items: await items('A', 'B') }),
    );
    expect(draft).toMatchObject({
      title: 'A',
      state: 'draft',
      attachments: [{ name: 'photo 0.jpg' }, { name: 'photo 1.jpg' }],
    });
  });
});
