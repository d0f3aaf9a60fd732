import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import {
  beginDropboxSignIn,
  type Connection,
  type DropboxSignIn,
  dropboxAppOf,
  dropboxAuthOf,
  dropboxCode,
  dropboxRedirectUris,
  finishDropboxSignIn,
} from '../../../shared/index.ts';
import { httpOf } from '../model/connections/openConnection.ts';
import { nodeClock } from '../node/nodeClock.ts';
import { listenAtLoopback, openInBrowser } from '../ui/browser.ts';
import { withProgress } from '../ui/progress.ts';
import { accepted } from './accepted.ts';
import {
  type ConnectionEntry,
  type EntryStep,
  refuseEmpty,
  textStep,
  withField,
  withSecrets,
} from './connectionEntry.ts';

/** The app that this build of Dossier is registered as; empty where it was built without one. */
declare const DROPBOX_APP_KEY: string;

export const appKeyStep = textStep(
  ({ fields }) => ({
    prompt: vscode.l10n.t(
      'App key of your Dropbox app, from dropbox.com/developers/apps. Register {0} as its redirect URIs.',
      dropboxRedirectUris.join(', '),
    ),
    value: String(fields['appKey'] ?? DROPBOX_APP_KEY),
    refuse: refuseEmpty(vscode.l10n.t('Without an app key Dropbox does not know who asks')),
  }),
  (entry, key) => withField(entry, 'appKey', key),
);

export const appSecretStep = textStep(
  ({ secrets }) => ({
    prompt: vscode.l10n.t('App secret. Leave it empty: the sign-in works without one.'),
    secret: true,
    value: secrets.appSecret ?? '',
  }),
  (entry, secret) => (secret === '' ? entry : withSecrets(entry, { appSecret: secret })),
);

export const tokenStep = textStep(
  () => ({
    prompt: vscode.l10n.t('Access token of your Dropbox app (App Console, Settings, Generated access token)'),
    secret: true,
    refuse: refuseEmpty(vscode.l10n.t('Paste the token here')),
  }),
  (entry, token) => accepted(withSecrets(entry, { accessToken: token })),
);

/** Dropbox sends the browser back to a port of this machine. */
export const browserStep: EntryStep = async (entry) => {
  const loopback = await listenAtLoopback(dropboxRedirectUris);
  try {
    return await withProgress(vscode.l10n.t('Waiting for you to allow access in the browser'), async (signal) => {
      const signIn = begin(entry, loopback.uri);
      await openInBrowser(signIn.url);
      return finish(entry, signIn, await loopback.arrival(signal));
    });
  } finally {
    loopback.close();
  }
};

/** Where the browser runs on another machine than the editor: Dropbox shows a code, which is carried over by hand. */
export const codeStep: EntryStep = async (entry, position) => {
  const signIn = begin(entry);
  await openInBrowser(signIn.url);
  const paste = textStep(
    () => ({
      prompt: vscode.l10n.t('Paste the code that Dropbox shows in the browser'),
      refuse: refuseEmpty(vscode.l10n.t('Paste the code here')),
    }),
    (current, code) => finish(current, signIn, code),
  );
  return paste(entry, position);
};

function connectionOf({ fields }: ConnectionEntry): Extract<Connection, { kind: 'dropbox' }> {
  return fields as unknown as Extract<Connection, { kind: 'dropbox' }>;
}

function begin(entry: ConnectionEntry, redirectUri?: string): DropboxSignIn {
  const connection = connectionOf(entry);
  return beginDropboxSignIn({
    app: dropboxAppOf(connection, entry.secrets),
    // Records that are kept on the drive are read there again.
    job: connection.reportsIn === undefined && !connection.asksToRead ? 'deliver' : 'download',
    randomBytes,
    endpoints: dropboxAuthOf(connection),
    ...(redirectUri === undefined ? {} : { redirectUri }),
  });
}

async function finish(entry: ConnectionEntry, signIn: DropboxSignIn, came: string): Promise<ConnectionEntry> {
  const connection = connectionOf(entry);
  const http = httpOf({ timeoutSeconds: 60, ...(connection.proxy ? { proxy: connection.proxy } : {}) }, entry.secrets);
  const tokens = await finishDropboxSignIn(
    http,
    nodeClock,
    dropboxAppOf(connection, entry.secrets),
    signIn,
    dropboxCode(signIn, came),
    dropboxAuthOf(connection),
  );
  const { accessToken, refreshToken, expiresAt } = tokens;
  return withSecrets(entry, {
    accessToken,
    accessTokenExpires: expiresAt,
    ...(refreshToken === undefined ? {} : { refreshToken }),
  });
}
