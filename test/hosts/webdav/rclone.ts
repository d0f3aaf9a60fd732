import { ensureDebian } from '../debian.ts';
import { password, startServer, user, type WebdavServer } from './server.ts';

/** `rclone serve webdav`. */
export async function startRcloneServer(): Promise<WebdavServer> {
  await ensureDebian(['rclone']);
  return startServer('rclone', async ({ home, folder, port }) => ({
    command: '/usr/bin/rclone',
    args: [
      'serve',
      'webdav',
      folder,
      '--addr',
      `127.0.0.1:${port}`,
      '--user',
      user,
      '--pass',
      password,
      '--dir-cache-time',
      '0s',
    ],
    env: { HOME: home, RCLONE_CONFIG: `${home}/rclone.conf` },
  }));
}
