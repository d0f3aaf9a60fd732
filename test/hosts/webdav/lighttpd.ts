import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDebian } from '../debian.ts';
import { password, startServer, user, type WebdavServer } from './server.ts';

/** lighttpd with mod_webdav. */
export async function startLighttpd(): Promise<WebdavServer> {
  await ensureDebian(['lighttpd', 'lighttpd-mod-webdav']);
  return startServer('lighttpd', async ({ home, folder, port }) => {
    await writeFile(join(home, 'users'), `${user}:${password}\n`);
    await writeFile(
      join(home, 'lighttpd.conf'),
      `server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${folder}"
server.upload-dirs = ( "${home}" )
server.modules = ( "mod_auth", "mod_authn_file", "mod_webdav" )
auth.backend = "plain"
auth.backend.plain.userfile = "${join(home, 'users')}"
auth.require = ( "/" => ( "method" => "basic", "realm" => "Reports", "require" => "valid-user" ) )
webdav.activate = "enable"
webdav.is-readonly = "disable"
`,
    );
    return { command: '/usr/sbin/lighttpd', args: ['-D', '-f', join(home, 'lighttpd.conf')] };
  });
}
