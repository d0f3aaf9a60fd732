import { describe, expect, it } from 'vitest';
import { start, tagsOf, talkTo } from './dropboxTalk.ts';

const business = [
  { name: 'Ada Lovelace', email: 'ada@example.com', kind: 'business' },
  { name: 'Mary Somerville', email: 'mary@example.com', kind: 'business' },
] as const;

const rootHeader = (value: object): Record<string, string> => ({ 'Dropbox-API-Path-Root': JSON.stringify(value) });

describe('accounts', () => {
  it('a personal one has its home as root', async () => {
    const { rpc, emulator } = await start();
    const { json } = await rpc('users/get_current_account');
    expect(json).toMatchObject({
      account_id: emulator.accountId,
      account_type: { '.tag': 'basic' },
      root_info: { '.tag': 'user' },
    });
    expect(json.account_id).toMatch(/^dbid:.{35}$/);
    expect(json.root_info.root_namespace_id).toBe(json.root_info.home_namespace_id);
    expect(json.team).toBeUndefined();
  });

  it('a team member starts at home, and sees the team space by its root', async () => {
    const { rpc, upload } = await start({ accounts: business });
    const { root_info: info, team } = (await rpc('users/get_current_account')).json as {
      root_info: Record<string, string>;
      team: object;
    };
    expect(info).toMatchObject({ '.tag': 'team', home_path: '/Ada Lovelace' });
    expect(team).toBeDefined();
    expect((await upload('/mine.txt', 'x')).json.path_display).toBe('/mine.txt');
    const root = rootHeader({ '.tag': 'root', root: info['root_namespace_id'] });
    const listed = await rpc('files/list_folder', { path: '', recursive: true }, root);
    expect(listed.json.entries.map((entry: { path_display: string }) => entry.path_display)).toEqual([
      '/Ada Lovelace',
      '/Ada Lovelace/mine.txt',
    ]);
    expect(tagsOf(await rpc('files/create_folder_v2', { path: '/New' }, root))).toBe('409 path/no_write_permission');
    expect((await rpc('files/create_folder_v2', { path: '/Ada Lovelace/New' }, root)).status).toBe(200);
    expect((await rpc('files/get_metadata', { path: '/New' })).json.path_display).toBe('/New');
    expect((await rpc('files/get_metadata', { path: '/New' }, rootHeader({ '.tag': 'home' }))).status).toBe(200);
  });

  it('members do not see each other', async () => {
    const { rpc, emulator, upload } = await start({ accounts: business });
    await upload('/secret', 'x');
    const mary = talkTo(emulator, emulator.tokens.issue({ account: 1 }).accessToken);
    const { root_info: info } = (await mary.rpc('users/get_current_account')).json as {
      root_info: Record<string, string>;
    };
    const root = rootHeader({ '.tag': 'root', root: info['root_namespace_id'] });
    expect(tagsOf(await mary.rpc('files/get_metadata', { path: '/Ada Lovelace/secret' }, root))).toBe(
      '409 path/not_found',
    );
    expect((await mary.rpc('files/list_folder', { path: '', recursive: true }, root)).json.entries).toHaveLength(1);
    const home = (await rpc('users/get_current_account')).json.root_info.home_namespace_id as string;
    expect(
      (await mary.rpc('files/list_folder', { path: '' }, rootHeader({ '.tag': 'namespace_id', namespace_id: home })))
        .status,
    ).toBe(422);
  });

  it('a stale root is told the new one with 422', async () => {
    const { rpc, emulator } = await start({ accounts: business });
    const before = (await rpc('users/get_current_account')).json.root_info as Record<string, string>;
    emulator.namespaces.replaceTeamRoot();
    const stale = await rpc(
      'files/list_folder',
      { path: '' },
      rootHeader({ '.tag': 'root', root: before['root_namespace_id'] }),
    );
    expect(tagsOf(stale)).toBe('422 invalid_root/team');
    const now = stale.json.error.invalid_root.root_namespace_id as string;
    expect(now).not.toBe(before['root_namespace_id']);
    expect((await rpc('files/list_folder', { path: '' }, rootHeader({ '.tag': 'root', root: now }))).status).toBe(200);
    expect((await rpc('files/list_folder', { path: '' }, rootHeader({ '.tag': 'sideways' }))).status).toBe(400);
    expect((await rpc('files/list_folder', { path: '' }, { 'Dropbox-API-Path-Root': 'not json' })).status).toBe(400);
  });

  it('namespaces can be named in paths', async () => {
    const { rpc, upload, emulator } = await start();
    await upload('/Shared/x', 'x');
    const id = emulator.namespaces.share('/Shared');
    expect((await rpc('files/get_metadata', { path: `ns:${id}/x` })).json.name).toBe('x');
    expect((await rpc('files/get_metadata', { path: '/shared' })).json).toMatchObject({ shared_folder_id: id });
    expect(tagsOf(await rpc('files/get_metadata', { path: 'ns:999/x' }))).toBe('409 path/not_found');
    expect(tagsOf(await rpc('files/move_v2', { from_path: '/Shared', to_path: '/Moved' }))).toBe(
      '409 cant_move_shared_folder',
    );
    expect(tagsOf(await rpc('files/delete_v2', { path: '/Shared' }))).toBe('409 path_write/no_write_permission');
  });
});

describe('an app with a folder of its own', () => {
  it('has all its paths there, and sees nothing else', async () => {
    const data = { access: 'appFolder', name: 'Reports App' } as const;
    const { rpc, upload, emulator } = await start({ app: data });
    const { json } = await upload('/a.txt', 'x');
    expect(json.path_display).toBe('/a.txt');
    expect(emulator.files.list().map((entry) => entry.display)).toEqual(['/Apps/Reports App/a.txt']);
    const listed = await rpc('files/list_folder', { path: '', recursive: true });
    expect(listed.json.entries.map((entry: { path_display: string }) => entry.path_display)).toEqual(['/a.txt']);
    const home = (await rpc('users/get_current_account')).json.root_info.home_namespace_id as string;
    expect(tagsOf(await rpc('files/get_metadata', { path: `ns:${home}/Apps` }))).toBe('409 path/not_found');
  });
});
