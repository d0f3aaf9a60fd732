import type { ICredentialDataDecryptedObject, INodePropertyOptions } from 'n8n-workflow';
import {
  type ConnectionKind,
  type ConnectionSecrets,
  candidates,
  type Entry,
  firstNextcloud,
  type HttpPort,
  namesOf,
  nextcloudUserId,
} from '../../shared/index.ts';

export type Fields = Record<string, unknown>;

/** A choice of the parameter `connection`, which stands in saved workflows. */
interface Way extends Pick<INodePropertyOptions, 'name' | 'description'> {
  readonly value: string;
  readonly credential: string;
}

/** Everything that the nodes know of one kind of connection, and ask of nobody else. */
export interface HostKind {
  /** How it is signed in to; none where n8n cannot offer the kind. */
  readonly ways: readonly Way[];
  /** What a credential says of the connection. */
  readonly fields: (credential: ICredentialDataDecryptedObject) => Fields;
  /** What signs in, for the places where n8n does not; without it, `user` and `password` of the credential. */
  readonly secrets?: (credential: ICredentialDataDecryptedObject) => ConnectionSecrets;
  /** True where n8n cannot sign in, because each request is signed for itself. */
  readonly signsRequests?: (credential: ICredentialDataDecryptedObject) => boolean;
  /** What only the server can tell. */
  readonly ask?: (http: HttpPort, fields: Fields, signal: AbortSignal | undefined) => Promise<Fields>;
  /** Address of a folder's web page, where the service itself gives addresses of files alone. */
  readonly folderPage?: (folder: Entry, appFolder: string) => string;
}

/** The kinds of connection, in the order in which they are offered. The nodes ask this table. */
export const hostKinds = {
  dropbox: {
    ways: [
      {
        name: 'Dropbox',
        value: 'dropboxOAuth2',
        description: 'Sign in with your own Dropbox app',
        credential: 'dossierDropboxOAuth2Api',
      },
      {
        name: 'Dropbox (Access Token)',
        value: 'dropboxToken',
        description: 'For a first try: the token ends after four hours',
        credential: 'dossierDropboxApi',
      },
    ],
    fields: ({ apiBaseUrl }) => ({ endpoint: apiBaseUrl }),
    secrets: ({ accessToken }) => ({ accessToken: trimmed(accessToken) }),
    /** It opens for whoever is signed in and may see the folder. */
    folderPage({ path }, appFolder) {
      const parts = [...(appFolder === '' ? [] : ['Apps', appFolder]), ...namesOf(path)];
      return `https://www.dropbox.com/home/${parts.map(encodeURIComponent).join('/')}`;
    },
  },
  nextcloud: {
    ways: [{ name: 'Nextcloud', value: 'nextcloud', credential: 'dossierNextcloudApi' }],
    fields: ({ url, folder, user }) => ({ url: candidates(String(url), true)[0], userId: trimmed(user), folder }),
    secrets: ({ user, password }) => ({ user: trimmed(user), password: trimmed(password) }),
    ask: (http, { url: typed }, signal) =>
      // People paste what the address bar shows, and the user id is not always the name that one signs in with.
      firstNextcloud(candidates(String(typed), true), async (url) => ({
        url,
        userId: await nextcloudUserId(http, url, { signal }),
      })),
  },
  webdav: {
    ways: [{ name: 'WebDAV', value: 'webdav', credential: 'dossierWebdavApi' }],
    fields: ({ url, signIn }) => ({ url: trimmed(url), signIn }),
    signsRequests: ({ signIn }) => signIn === 'digest',
  },
  // n8n gives a node no files.
  localFolder: { ways: [], fields: () => ({}) },
} satisfies Readonly<Record<ConnectionKind, HostKind>>;

function trimmed(pasted: unknown): string {
  return String(pasted ?? '').trim();
}

/** See `HostKind`. */
export function secretsOf({ secrets }: HostKind, credential: ICredentialDataDecryptedObject): ConnectionSecrets {
  // A password may well end with a space; a line break was copied with it.
  const [user = '', password = ''] = ['user', 'password'].map((name) =>
    String(credential[name] ?? '').replace(/[\r\n]+$/, ''),
  );
  return secrets?.(credential) ?? { user, password };
}

const entries = Object.entries(hostKinds) as [ConnectionKind, HostKind][];
const ways = entries.flatMap(([kind, host]) => host.ways.map((way) => ({ ...way, kind, host })));

export interface ChosenKind {
  readonly kind: ConnectionKind;
  readonly credential: string;
  readonly host: HostKind;
}

/** The end of a choice that names two connections, as in `nextcloud>dropboxOAuth2`; others have one for both. */
export type Side = 'source' | 'destination';

/** What a choice of the parameter `connection` means. */
export function chosenKind(value: unknown, side: Side = 'source'): ChosenKind | undefined {
  const [source, destination = source] = String(value).split('>');
  return ways.find((way) => way.value === (side === 'source' ? source : destination));
}

/** The kind that a credential of this type is for. */
export function kindOfCredential(type: string): ChosenKind | undefined {
  return ways.find(({ credential }) => credential === type);
}

/** See `HostKind`. */
export function hostKindOf({ kind }: { readonly kind: ConnectionKind }): HostKind {
  return hostKinds[kind];
}

/** What the parameter `connection` offers. */
export const connectionOptions: INodePropertyOptions[] = ways.map(({ name, value, description }) => ({
  name,
  value,
  ...(description === undefined ? {} : { description }),
}));

/** What the parameter `connection` offers where something goes from one place to another. */
export const pairOptions: INodePropertyOptions[] = ways.flatMap((from) =>
  ways.map((to) => ({ name: `${from.name} to ${to.name}`, value: `${from.value}>${to.value}` })),
);

/** The choices of the parameter `connection` that need the credential of this one. */
export function choicesWith(value: string): string[] {
  const pairs = pairOptions.map((pair) => String(pair.value));
  return [value, ...pairs.filter((pair) => pair.split('>').includes(value))];
}

/** What a node offers first that asks again and again: there it is the only way to be told of changes. */
export const polledConnection = 'nextcloud';
