import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDebian } from '../debian.ts';
import { password, startServer, user, type WebdavServer } from './server.ts';

const modules = [
  'mpm_event',
  'authn_core',
  'authn_file',
  'authz_core',
  'authz_user',
  'auth_basic',
  'auth_digest',
  'dav',
  'dav_fs',
  'dav_lock',
  'env',
  'setenvif',
];
const realm = 'Reports';

/** Apache with mod_dav, with Basic or Digest authentication. */
export async function startApache(auth: 'Basic' | 'Digest' = 'Basic'): Promise<WebdavServer> {
  await ensureDebian(['apache2']);
  return startServer(`apache ${auth}`, async ({ home, folder, port }) => {
    const secret =
      auth === 'Basic'
        ? `{SHA}${createHash('sha1').update(password).digest('base64')}`
        : `${realm}:${createHash('md5').update(`${user}:${realm}:${password}`).digest('hex')}`;
    await writeFile(join(home, 'users'), `${user}:${secret}\n`);
    await writeFile(
      join(home, 'httpd.conf'),
      `ServerRoot "${home}"
ServerName localhost
Listen 127.0.0.1:${port}
PidFile "${join(home, 'httpd.pid')}"
Mutex fcntl:${home}
ErrorLog "${join(home, 'log')}"
User www-data
Group www-data
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
DocumentRoot "${folder}"
DavLockDB "${join(home, 'locks')}"
<Directory "${folder}">
  Dav On
  AuthType ${auth}
  AuthName "${realm}"
  Auth${auth}Provider file
  AuthUserFile "${join(home, 'users')}"
  Require valid-user
</Directory>
`,
    );
    return { command: '/usr/sbin/apache2', args: ['-f', join(home, 'httpd.conf'), '-D', 'FOREGROUND'] };
  });
}
