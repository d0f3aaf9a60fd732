import { DossierError, type ErrorCode, toDossierError } from '../core/errors.ts';
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
/** Programs of an installation: what is before them is the installation. */
const program = /\/(index|remote|public|status)\.php(\/.*)?$/;
/** Parts of addresses that mostly lie inside an installation, and may be folders that it lies in. */
const page = /^(ocs|apps|login|settings|s|f|u)$/;

/** Finds the installation behind an address as people paste it: of a file, of a share, of a login page. */
export async function findNextcloud(
  http: HttpPort,
  pasted: string,
  options: { readonly allowHttp?: boolean } = {},
  context: Context = {},
): Promise<NextcloudServer> {
  return firstNextcloud(candidates(pasted, options.allowHttp ?? false), (url) => probe(http, url, context));
}

/** Failures that may mean that the installation is elsewhere on the same server. */
const elsewhere: ReadonlySet<ErrorCode> = new Set(['invalid-response', 'not-found', 'unauthorized', 'forbidden']);

/** What the first address answers at which there is a Nextcloud; the most telling failure when there is none. */
export async function firstNextcloud<T>(urls: readonly string[], ask: (url: string) => Promise<T>): Promise<T> {
  let told: DossierError | undefined;
  for (const url of urls) {
    try {
      return await ask(url);
    } catch (error) {
      const failure = toDossierError(error);
      if (!elsewhere.has(failure.code)) throw failure;
      if (!told || told.status === 404) told = failure;
    }
  }
  throw told ?? new DossierError('invalid-input', 'That is not the address of a server');
}

/** Addresses where the installation may be: as it was typed, then what it may have been typed for. */
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
  const names = url.pathname
    .replace(program, '')
    .split('/')
    .filter((name) => name !== '');
  const pages = names.flatMap((name, at) => (page.test(name) ? [at] : []));
  const lengths = [names.length, ...pages.reverse(), ...names.map((_, dropped) => names.length - 1 - dropped)];
  return [...new Set(lengths)].map((length) => [url.origin, ...names.slice(0, length)].join('/'));
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
