import { rootPath } from '../../shared/core/paths.ts';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { openDropbox } from '../support/dropbox.ts';
import { driveSuite } from './driveSuite.ts';

const refusedNames = ['back\\slash.txt', 'desktop.ini', '~$draft.docx'];

driveSuite(
  'dropbox',
  async () => {
    const emulator = await startDropboxEmulator();
    const root = await openDropbox(emulator).createFolder({ path: rootPath }, 'Suite');
    return {
      drive: openDropbox(emulator),
      other: openDropbox(emulator),
      root,
      endSessions: () => emulator.sessions.expireAll(),
      close: () => emulator.close(),
    };
  },
  { refusedNames },
);

driveSuite(
  'dropbox team',
  async () => {
    const emulator = await startDropboxEmulator({
      accounts: [{ name: 'Grace Hopper', email: 'grace@example.com', kind: 'business' }],
    });
    const drive = openDropbox(emulator);
    // The team space holds the folders of its members, and nothing else is made at its top.
    const home = await drive.stat({ path: rootPath });
    const [member] = home ? await firstPage(drive, home) : [];
    const root = await drive.createFolder(member ?? { path: rootPath }, 'Suite');
    return {
      drive,
      other: openDropbox(emulator),
      root,
      endSessions: () => emulator.sessions.expireAll(),
      close: () => emulator.close(),
    };
  },
  { refusedNames },
);

async function firstPage(drive: ReturnType<typeof openDropbox>, folder: { path: typeof rootPath }) {
  for await (const page of drive.list(folder)) return page;
  return [];
}
