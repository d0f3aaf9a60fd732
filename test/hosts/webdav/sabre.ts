import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDebian } from '../debian.ts';
import { password, startServer, user, type WebdavServer } from './server.ts';

/** SabreDAV under PHP's own server; its plain file backend has no ETags. */
export async function startSabre(): Promise<WebdavServer> {
  await ensureDebian(['php-cli', 'php-sabre-dav']);
  return startServer('sabre', async ({ home, folder, port }) => {
    const script = join(home, 'server.php');
    await writeFile(
      script,
      `<?php
error_reporting(E_ALL & ~E_DEPRECATED);
ini_set('display_errors', '0');
set_include_path('/usr/share/php');
require_once 'Sabre/autoload.php';
if (($_SERVER['PHP_AUTH_USER'] ?? '') !== ${JSON.stringify(user)} || ($_SERVER['PHP_AUTH_PW'] ?? '') !== ${JSON.stringify(password)}) {
  http_response_code(401);
  header('WWW-Authenticate: Basic realm="Reports", charset="UTF-8"');
  exit;
}
$server = new Sabre\\DAV\\Server(new Sabre\\DAV\\FS\\Directory(${JSON.stringify(folder)}));
$server->setBaseUri('/');
$server->exec();
`,
    );
    return {
      command: '/usr/bin/php',
      args: [
        '-d',
        'post_max_size=0',
        '-d',
        'enable_post_data_reading=0',
        '-d',
        'memory_limit=256M',
        '-S',
        `127.0.0.1:${port}`,
        script,
      ],
      env: { PHP_CLI_SERVER_WORKERS: '4' },
    };
  });
}
