import { describe, expect, it } from 'vitest';
import { dropbox, host, json, path, run, search, searchPage } from './dropboxNode.ts';

describe('what locators offer', () => {
  it('are folders, by a part of the name and level by level', async () => {
    dropbox.files.seed([
      { path: '/Reports/2026/a.txt', size: 1 },
      { path: '/Repairs/b.txt', size: 1 },
      { path: '/c.txt', size: 1 },
    ]);
    expect(await search('searchFolders')).toEqual(['/Repairs/', '/Reports/', '/Reports/2026/']);
    expect(await search('searchFolders', 'repo')).toEqual(['/Reports/']);
    expect(await search('searchFolders', '202')).toEqual(['/Reports/2026/']);
    expect(await search('searchFolders', '/Reports/')).toEqual(['/Reports/2026/']);
    expect(await search('searchEntries', '/Reports/2026/A')).toEqual(['/Reports/2026/a.txt']);
    expect((await search('searchEntries')).slice(0, 3)).toEqual(['/c.txt', '/Repairs/', '/Reports/']);
  });

  it('come a page at a time, each once, without the records of Dossier', async () => {
    const files = Array.from({ length: 250 }, (_, index) => ({ path: `/Many/${index}/${index}.txt`, size: 1 }));
    dropbox.files.seed([...files, { path: '/.dossier/state/x', size: 1 }]);
    const all: unknown[] = [];
    let page: string | undefined;
    let pages = 0;
    do {
      const { results, paginationToken } = await searchPage('searchEntries', undefined, page);
      all.push(...results.map(({ value }) => value));
      page = paginationToken as string | undefined;
    } while (page !== undefined && ++pages < 60);
    expect(all.sort()).toEqual(
      ['/Many', ...files.flatMap(({ path }) => [path, path.slice(0, path.lastIndexOf('/'))])].sort(),
    );
  });

  it('take an address out of the browser, of this account alone', async () => {
    dropbox.files.seed([{ path: '/Reports/2026/a b.txt', size: 1 }]);
    const link = (value: string) => ({ __rl: true, mode: 'url', value });
    const list = (value: string) => run('file', 'list', { path: link(value), returnAll: true });
    expect(json(await list('https://www.dropbox.com/home/Reports/2026'))).toMatchObject([{ name: 'a b.txt' }]);
    const file = await run('file', 'getLink', {
      path: link('https://www.dropbox.com/home/Reports/2026?preview=a+b.txt'),
    });
    expect(json(file)).toMatchObject([{ path: '/Reports/2026/a b.txt' }]);
    for (const foreign of ['https://cloud.example/f/12', 'https://www.dropbox.com/scl/fi/abc/x.txt', 'Reports'])
      await expect(list(foreign)).rejects.toMatchObject({ message: expect.stringContaining('in this connection') });
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
