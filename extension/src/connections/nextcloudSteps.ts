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
import { askText } from '../ui/steps.ts';
import { trusting } from './certificate.ts';
import { type ConnectionEntry, type EntryStep, withField, withSecrets } from './connectionEntry.ts';

/** Any address of the server will do, as it is copied from a browser. */
export const serverStep: EntryStep = async (entry, position) => {
  const pasted = await askText(position, {
    prompt: vscode.l10n.t('Address of your Nextcloud, as it stands in your browser'),
    value: String(entry.fields['url'] ?? ''),
    placeholder: 'https://cloud.example.org',
  });
  if (typeof pasted !== 'string') return pasted;
  return trusting(entry, pasted, async (current) => {
    const { url } = await withProgress(vscode.l10n.t('Looking for the server'), (signal) =>
      findNextcloud(httpFor(current), pasted, {}, { signal }),
    );
    return withField(current, 'url', url);
  });
};

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

/** After user and password: the id under which the server keeps this user's files. */
export const userIdStep: EntryStep = (entry) => withUserId(entry);

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
