import { describe, expect, it } from 'vitest';
import { dropbox, host, path, run, search } from './dropboxNode.ts';

describe('what locators offer', () => {
  it('are folders, by a part of the name and level by level', async () => {
    dropbox.files.seed([
      { path: '/Reports/2026/a.txt', size: 1 },
      { path: '/Repairs/b.txt', size: 1 },
      { path: '/c.txt', size: 1 },
    ]);
    expect(await search('searchFolders')).toEqual(['/Repairs/', '/Reports/']);
    expect(await search('searchFolders', 'repo')).toEqual(['/Reports/']);
    expect(await search('searchFolders', '/Reports/')).toEqual(['/Reports/2026/']);
    expect(await search('searchEntries', '/Reports/2026/A')).toEqual(['/Reports/2026/a.txt']);
    expect(await search('searchEntries')).toEqual(['/c.txt', '/Repairs/', '/Reports/']);
  });

  it('say what is wrong instead of offering nothing', async () => {
    await expect(search('searchFolders', '/Nowhere/')).rejects.toMatchObject({
      message: expect.stringContaining('(not-found)'),
    });
    dropbox.tokens.revoke(dropbox.token);
    await expect(search('searchFolders')).rejects.toMatchObject({ message: expect.stringContaining('(unauthorized)') });
  });

  it('are stored reports, by their titles', async () => {
    const binary = { note: await host.store(Buffer.from('x'), 'x.txt') };
    await run(
      'report',
      'saveDraft',
      { title: 'North bridge', report: { __rl: true, mode: 'id', value: '' }, attachments: '', folder: path('') },
      { items: [{ json: {}, binary }] },
    );
    expect(await search('searchReports', 'bridge')).toEqual(['North bridge (draft)']);
    expect(await search('searchReports', 'tower')).toEqual([]);
  });
});
