import * as vscode from 'vscode';
import type { Credentials } from './readCredentials.ts';

/** What content credentials are worth, in one sentence that says no more than was found. */
export function credentialsWords(credentials: Credentials): string {
  const { state, why, remote = '' } = credentials;
  const signer = printable(credentials.signer ?? '?');
  switch (state) {
    case 'valid':
      return vscode.l10n.t(
        'Content credentials hold: signed by {0}, whom a certificate that you trust vouches for.',
        signer,
      );
    case 'unknownSigner':
      return vscode.l10n.t(
        'Content credentials fit the file, and name {0} as the signer: nobody that you trust vouches for that name.',
        signer,
      );
    case 'altered':
      return vscode.l10n.t('Content credentials do not fit: the file is not as {0} signed it.', signer);
    case 'remote':
      return vscode.l10n.t(
        'The file says that its content credentials lie at {0}. Nobody was asked.',
        printable(remote),
      );
    case 'unjudged':
      return whyWords[why ?? 'incomplete']();
  }
}

const whyWords: Readonly<Record<NonNullable<Credentials['why']>, () => string>> = {
  damaged: () => vscode.l10n.t('Content credentials are there and damaged: nothing follows from them.'),
  large: () => vscode.l10n.t('Content credentials are there; in files of more than 64 MB they are not checked here.'),
  format: () => vscode.l10n.t('Content credentials are there; in this format they are not checked here.'),
  certificate: () =>
    vscode.l10n.t('Content credentials are there; their certificate has expired, or is not one for signing.'),
  incomplete: () => vscode.l10n.t('Content credentials are there; not all of them could be checked here.'),
};

/** Only the first two are good news. */
export function areDoubtful({ state }: Credentials): boolean {
  return state === 'altered' || state === 'unjudged';
}

/** More of them, a line each: what made the file, and when it was signed. */
export function credentialsFacts({ generator, signedAt, remote, state }: Credentials): string[] {
  return [
    ...(generator === undefined ? [] : [vscode.l10n.t('Made with: {0}', printable(generator))]),
    ...(signedAt === undefined ? [] : [vscode.l10n.t('Signed, by a time stamp that nobody checked: {0}', signedAt)]),
    ...(remote === undefined || state === 'remote'
      ? []
      : [vscode.l10n.t('More of them lie at: {0}', printable(remote))]),
  ];
}

/** Whoever made the file wrote these: nothing in them may turn or hide what follows. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ').slice(0, 300);
}
