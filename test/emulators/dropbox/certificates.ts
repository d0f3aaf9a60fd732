import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Certificates {
  readonly caPem: string;
  readonly caFile: string;
  readonly key: string;
  readonly cert: string;
}

/** The names under which Dropbox is served. */
export const dropboxHosts = [
  'api.dropboxapi.com',
  'content.dropboxapi.com',
  'notify.dropboxapi.com',
  'api.dropbox.com',
  'www.dropbox.com',
] as const;

const run = promisify(execFile);

/**
 * A certificate authority for this emulator only, and a certificate of it for all names of Dropbox. Kept in the data
 * folder, so that clients go on trusting a restarted emulator; the authority's own key is thrown away.
 */
export async function prepareCertificates(folder: string): Promise<Certificates> {
  const root = join(folder, 'certificates');
  const file = (name: string): string => join(root, name);
  const read = async (): Promise<Certificates> => ({
    caPem: await readFile(file('ca.pem'), 'utf8'),
    caFile: file('ca.pem'),
    key: await readFile(file('server.key'), 'utf8'),
    cert: await readFile(file('server.pem'), 'utf8'),
  });
  const kept = await read().catch(() => undefined);
  if (kept) return kept;

  await mkdir(root, { recursive: true });
  const names = [...dropboxHosts, 'localhost'].map((host) => `DNS:${host}`).join(',');
  await writeFile(file('server.ext'), `subjectAltName=${names},IP:127.0.0.1\nextendedKeyUsage=serverAuth\n`);
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: root });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-subj',
    '/CN=Dropbox emulator CA',
    '-addext',
    'basicConstraints=critical,CA:TRUE',
  );
  await openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=Dropbox emulator');
  await openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'server.pem',
    '-days',
    '30',
    '-extfile',
    'server.ext',
  );
  await writeFile(file('ca.key'), '');
  return read();
}
