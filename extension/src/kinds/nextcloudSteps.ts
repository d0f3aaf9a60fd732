import * as vscode from 'vscode';
import {
  authorize,
  awaitNextcloudLogin,
  beginNextcloudLogin,
  type Connection,
  type ConnectionSecrets,
  findNextcloud,
  type HttpPort,
  nextcloudUserId,
  parseConnection,
} from '../../../shared/index.ts';
import { httpOf } from '../model/connections/openConnection.ts';
import { nodeClock } from '../node/nodeClock.ts';
import { openInBrowser } from '../ui/browser.ts';
import { withProgress } from '../ui/progress.ts';
import { trusting } from './certificate.ts';
import {
  type ConnectionEntry,
  type EntryStep,
  refuseEmpty,
  textStep,
  withField,
  withSecrets,
} from './connectionEntry.ts';

/** Any address of the server will do, as it is copied from a browser. */
export const serverStep: EntryStep = textStep(
  ({ fields }) => ({
    prompt: vscode.l10n.t('Address of your Nextcloud, as it stands in your browser'),
    value: String(fields['url'] ?? ''),
    placeholder: 'https://cloud.example.org',
  }),
  (entry, pasted) =>
    trusting(entry, pasted, async (current) => {
      const { url } = await findNextcloud(httpFor(current), pasted, {});
      return withField(current, 'url', url);
    }),
);

/** Login Flow v2: the user signs in on the server's own page, and Dossier is given a password of its own. */
export const loginStep: EntryStep = async (entry) => {
  const http = httpFor(entry);
  const granted = await withProgress(
    vscode.l10n.t('Waiting for you to grant access in the browser'),
    async (signal) => {
      const login = await beginNextcloudLogin(
        http,
        nodeClock,
        String(entry.fields['url']),
        `Dossier (${vscode.env.appName})`,
        { signal },
      );
      await openInBrowser(login.loginUrl);
      return awaitNextcloudLogin(http, nodeClock, login, { signal });
    },
  );
  return withUserId(withSecrets(entry, { user: granted.loginName, password: granted.appPassword }));
};

/** The server is asked at once, and says under which id it keeps this user's files. */
export const appPasswordStep: EntryStep = textStep(
  ({ secrets }) => ({
    prompt: vscode.l10n.t('App password'),
    secret: true,
    value: secrets.password ?? '',
    refuse: refuseEmpty(vscode.l10n.t('A password is needed')),
  }),
  (entry, password) => withUserId(withSecrets(entry, { password })),
);

async function withUserId(entry: ConnectionEntry): Promise<ConnectionEntry> {
  const url = String(entry.fields['url']);
  const userId = await withProgress(vscode.l10n.t('Signing in'), (signal) =>
    nextcloudUserId(signedIn(entry, entry.secrets), url, { signal }),
  );
  return withField(entry, 'userId', userId);
}

function signedIn(entry: ConnectionEntry, secrets: ConnectionSecrets): HttpPort {
  const connection = parseConnection({ userId: '-', name: '-', id: '-', ...entry.fields, kind: 'nextcloud' });
  return authorize(connection, secrets, { http: httpFor(entry), clock: nodeClock, save: async () => undefined });
}

function httpFor({ fields, secrets }: ConnectionEntry): HttpPort {
  const { pinnedFingerprint, proxy } = fields as Partial<Extract<Connection, { kind: 'nextcloud' }>>;
  return httpOf(
    {
      timeoutSeconds: 60,
      ...(proxy ? { proxy } : {}),
      ...(pinnedFingerprint === undefined ? {} : { pinnedFingerprint }),
    },
    secrets,
  );
}
