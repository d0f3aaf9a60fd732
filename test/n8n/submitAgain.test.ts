import { createEmptyRunExecutionData, type IDataObject, type INodeExecutionData } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { deliveredNames } from '../deliveredNames.ts';
import { seededBytes } from '../support/seeded.ts';
import { credentials, dropbox, host, json, path, run } from './dropboxNode.ts';

const given = { title: '={{ $json.t }}', description: 'Water', attachments: '', folder: path('/Reports') };
const photo = seededBytes(150_000, 'photo');

async function items(...titles: string[]): Promise<INodeExecutionData[]> {
  const binary = { photo: await host.store(photo, 'photo.jpg', 'image/jpeg') };
  return titles.map((t) => ({ json: { t }, binary }));
}

/** Folders of reports, and the files in each. */
const reports = () => {
  const found: Record<string, string[]> = {};
  for (const { kind, display } of dropbox.files.list()) {
    const [, root, folder, name] = display.split('/');
    if (kind === 'file' && root === 'Reports' && folder !== '.dossier') (found[folder!] ??= []).push(name!);
  }
  for (const names of Object.values(found)) names.sort();
  return found;
};
const whole = deliveredNames(['photo.jpg'], 'dossier.sigstore.json');
/** How it is known that a file is there is another thing in each run. */
const withoutProofs = (report: IDataObject) => ({
  ...report,
  files: (report['files'] as IDataObject[]).map(({ proof: _proof, ...file }) => file),
});
const submit = async (options: object, parameters: object = {}) =>
  json(await run('report', 'submit', { ...given, ...parameters }, { items: await items('One'), ...options }));

describe('a report that is submitted again', () => {
  it('by Retry On Fail: two items of which the second failed are delivered once each', async () => {
    const both = await items('One', 'Two');
    const broken = [both[0]!, { json: { t: '' } }];
    const execution = { executionId: '77' };
    await expect(run('report', 'submit', given, { items: broken, ...execution })).rejects.toThrow('needs a title');
    const again = json(await run('report', 'submit', given, { items: both, ...execution }));
    expect(again).toMatchObject([{ state: 'submitted' }, { state: 'submitted' }]);
    expect(reports()).toEqual({ One: whole, Two: whole });
  });

  it('by a manual retry, by the retry of a retry, and after a kill', async () => {
    const [first] = await submit({ executionId: '10' });
    const runData = createEmptyRunExecutionData();
    const [second] = await submit({ executionId: '11', retryOf: '10', runData });
    // n8n hands on what it has kept of the execution, and says only which one was repeated last.
    const [third] = await submit({ executionId: '12', retryOf: '11', runData });
    const [killed] = await submit({ executionId: '10' });
    for (const each of [second, third, killed]) expect(withoutProofs(each!)).toEqual(withoutProofs(first!));
    expect(reports()).toEqual({ One: whole });
  });

  it('sends nothing of a report that is there', async () => {
    const { dossierDropboxOAuth2Api } = credentials();
    const once = { executionId: '10', credentials: { dossierDropboxOAuth2Api } };
    await submit(once);
    const before = dropbox.requests.byRoute['files/upload']?.count ?? 0;
    await submit(once);
    expect(before).toBeGreaterThan(0);
    expect(dropbox.requests.byRoute['files/upload']?.count ?? 0).toBe(before);
  });

  it('goes on where the first attempt stopped, without an Outbox', async () => {
    const video = await host.store(seededBytes(9_000_000, 'video'), 'video.mp4', 'video/mp4');
    const withVideo = (await items('One')).map((item) => ({ ...item, binary: { ...item.binary!, video } }));
    dropbox.faults.inject({
      kind: 'status',
      status: 429,
      retryAfter: 600,
      route: 'files/upload_session/append_v2',
      nth: 2,
    });
    const execution = { items: withVideo, executionId: '5' };
    await expect(run('report', 'submit', given, execution)).rejects.toThrow();
    dropbox.faults.clear();
    expect(json(await run('report', 'submit', given, execution))).toMatchObject([{ state: 'submitted' }]);
    expect(reports()).toEqual({ One: [...whole, 'video.mp4'].sort() });
  });

  it('is one report under a key of its own, in whatever execution, and refuses other content under it', async () => {
    const keyed = { options: { reportKey: '={{ $json.t }}-17' } };
    const [first] = await submit({}, keyed);
    const [second] = await submit({}, keyed);
    expect(withoutProofs(second!)).toEqual(withoutProofs(first!));
    await expect(submit({}, { ...keyed, description: 'Fire' })).rejects.toMatchObject({
      message: expect.stringContaining('This report was begun before'),
      description: expect.stringContaining('a key of its own'),
    });
    expect(reports()).toEqual({ One: whole });
  });

  it('is another report in another execution', async () => {
    await submit({});
    await submit({});
    expect(reports()).toEqual({ 'One': whole, 'One 1': whole });
  });
});
