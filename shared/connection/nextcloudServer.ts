import { DossierError, toDossierError } from '../core/errors.ts';
import type { HttpPort } from '../core/ports.ts';
import { say } from '../core/sentence.ts';
import type { Context } from '../drive/drive.ts';
import { ask, readAnswer } from './nextcloudAnswers.ts';

export interface NextcloudServer {
  /** Origin and sub path of the installation, without a slash at the end. */
  readonly url: string;
  readonly version: string;
}

/** The first version that hashes for its clients. */
const oldestMajor = 24;
/** Parts of addresses that lie inside an installation: what is before them is the installation. */
const inside = /\/(index\.php|remote\.php|public\.php|status\.php|ocs|apps|login|settings|s|f|u)(\/|$)/;

/** Finds the installation behind an address as people paste it: of a file, of a share, of a login page. */
export async function findNextcloud(
  http: HttpPort,
  pasted: string,
  options: { readonly allowHttp?: boolean } = {},
  context: Context = {},
): Promise<NextcloudServer> {
  let told: DossierError | undefined;
  for (const url of candidates(pasted, options.allowHttp ?? false)) {
    try {
      return await probe(http, url, context);
    } catch (error) {
      const failure = toDossierError(error);
      // Only "nothing here" is a reason to look elsewhere on the same server.
      if (failure.code !== 'invalid-response') throw failure;
      if (!told || told.status === 404) told = failure;
    }
  }
  throw told ?? new DossierError('invalid-input', 'That is not the address of a server');
}

/** Addresses where the installation may be, the likeliest first. */
export function candidates(pasted: string, allowHttp: boolean): string[] {
  const text = pasted.trim();
  const bare = !/^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const typed = bare ? `https://${text}` : text;
  if (!URL.canParse(typed)) throw new DossierError('invalid-input', 'That is not the address of a server');
  const url = new URL(typed);
  if (url.username !== '' || url.password !== '')
    throw new DossierError('invalid-input', 'Give user and password apart from the address, not in it');
  const local = isLoopback(url.hostname);
  if (bare && local) url.protocol = 'http:';
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new DossierError('invalid-input', 'The address of a Nextcloud begins with https://');
  if (url.protocol === 'http:' && !local && !allowHttp)
    throw new DossierError('invalid-input', 'Without https:// everybody on the way could read the password');
  const cut = url.pathname.search(inside);
  const path = (cut < 0 ? url.pathname : url.pathname.slice(0, cut)).replace(/\/+$/, '');
  const names = path.split('/').slice(1);
  return Array.from(
    { length: names.length + 1 },
    (_, dropped) =>
      url.origin +
      names
        .slice(0, names.length - dropped)
        .map((name) => `/${name}`)
        .join(''),
  );
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

async function probe(http: HttpPort, url: string, { signal }: Context): Promise<NextcloudServer> {
  const response = await ask(http, {
    method: 'GET',
    url: `${url}/status.php`,
    anonymous: true,
    ...(signal && { signal }),
  });
  const status = await readAnswer(response, 'findNextcloud');
  const version = status['versionstring'];
  if (status['installed'] !== true || typeof version !== 'string' || !/^\d+\./.test(version))
    throw new DossierError('invalid-response', 'There is no Nextcloud at this address', {
      advice: 'Check the address.',
      where: 'nextcloud',
    });
  if (status['maintenance'] === true)
    throw new DossierError('server-error', 'The server is being maintained', { where: 'nextcloud' });
  if (parseInt(version, 10) < oldestMajor)
    throw new DossierError(
      'unsupported',
      say`This server is of version ${version}; Dossier needs Nextcloud ${oldestMajor} or newer`,
      { advice: null, where: 'nextcloud' },
    );
  return { url, version };
}
