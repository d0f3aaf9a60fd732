import { ensureHost } from './install.ts';

/**
 * `node test/hosts/prepare.ts n8n code-server`: installs hosts ahead of the tests, so that no test's time-out pays for
 * it.
 */
for (const name of process.argv.slice(2)) process.stdout.write(`${await ensureHost(name)}\n`);
