import type { IDataObject } from 'n8n-workflow';
import { expect, it } from 'vitest';
import { dropbox, json, path, run, search } from './dropboxNode.ts';

const folders = { source: path('/Work'), destination: path('/Copy'), connection: 'dropboxOAuth2>dropboxOAuth2' };
const usual = { ...folders, dryRun: false, deletions: 'keep', conflicts: 'keepBoth', record: false };
const mirror = async (parameters: object = {}, connectedOutputs: readonly number[] = []) => {
  const { outputs, hints } = await run('folder', 'mirror', { ...usual, ...parameters } as never, { connectedOutputs });
  return { files: (outputs[0] ?? []).map((item) => item.json), summary: outputs[1]?.[0]?.json, hints };
};
const there = () =>
  dropbox.files
    .list()
    .filter(({ kind, display }) => kind === 'file' && display.startsWith('/Copy/') && !display.includes('/.dossier/'))
    .map(({ display }) => display)
    .sort();
const seed = () =>
  dropbox.files.seed([
    { path: '/Work/a.txt', size: 5 },
    { path: '/Work/deep/b.txt', size: 6 },
    { path: '/Work/junk.tmp', size: 7 },
  ]);

it('tells in a dry run what would be done, and does nothing', async () => {
  seed();
  const { files } = await mirror({ dryRun: true, options: { ignore: '*.tmp' } });
  expect(files).toMatchObject([
    { action: 'send', reason: 'new', path: '/Copy/a.txt', size: 5 },
    { action: 'send', reason: 'new', path: '/Copy/deep/b.txt' },
    { type: 'folder', action: 'makeFolder', path: '/Copy/deep' },
    { type: 'summary', ending: 'planned', bytes: 11, ignored: 1 },
  ]);
  expect(there()).toEqual([]);
});

it('brings over what changed, an item for each file and a summary by its own output', async () => {
  seed();
  const first = await mirror({ options: { ignore: '*.tmp' } }, [0, 1]);
  expect(first.summary).toMatchObject({ type: 'summary', ending: 'done', sent: 2, bytes: 11, ignored: 1 });
  expect(there()).toEqual(['/Copy/a.txt', '/Copy/deep/b.txt']);
  dropbox.files.seed([{ path: '/Work/c.txt', size: 3 }]);
  const second = await mirror({ options: { ignore: '*.tmp' } }, [0, 1]);
  expect(second.files).toMatchObject([{ action: 'send', path: '/Copy/c.txt', done: true, sha256: expect.any(String) }]);
  expect(second.summary).toMatchObject({ sent: 1, unchanged: 2 });
});

it('stops before it deletes too much, until the number is confirmed', async () => {
  seed();
  await mirror();
  for (const name of ['/Work/a.txt', '/Work/deep/b.txt']) dropbox.files.remove(name);
  const deleting = { deletions: 'delete' };
  await expect(mirror(deleting)).rejects.toMatchObject({ message: expect.stringContaining('2 files') });
  expect(there()).toHaveLength(3);
  const { files } = await mirror({ ...deleting, options: { confirmed: 2 } });
  expect((files as IDataObject[]).at(-1)).toMatchObject({ ending: 'done', removed: 2 });
  expect(there()).toEqual(['/Copy/junk.tmp']);
});

it('keeps what somebody changed at the destination, and says so', async () => {
  seed();
  await mirror();
  dropbox.files.seed([{ path: '/Copy/a.txt', size: 9 }]);
  const { files, hints } = await mirror();
  expect(files[0]).toMatchObject({ action: 'keepBoth', reason: 'changed at the destination', done: true });
  expect(hints).toMatchObject([{ message: expect.stringContaining('Changes at the destination: 1') }]);
  expect(there().filter((name) => name.includes('destination'))).toHaveLength(1);
  await expect(mirror({ destination: path('/Work/Inside') })).rejects.toMatchObject({
    message: expect.stringContaining('(invalid-input)'),
  });
});

it('records each sent version where that is wished', async () => {
  seed();
  const { files } = await mirror({ record: true });
  const { sha256: hash } = files.find(({ path }) => path === '/Copy/a.txt')!;
  const [verdict] = json(await run('provenance', 'verify', { binaryField: 'data', hash: hash as string }));
  expect(verdict).toMatchObject({ known: true, versions: [{ version: 1 }] });
});

it('offers folders of both connections', async () => {
  seed();
  expect(await search('searchDestinations')).toContain('/Work/');
});
