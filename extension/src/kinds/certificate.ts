import * as vscode from 'vscode';
import { DossierError, isDossierError, type ProxySettings } from '../../../shared/index.ts';
import { proxyAgents } from '../node/proxy.ts';
import { serverCertificate } from '../node/serverCertificate.ts';
import { sentenceOf } from '../ui/problems.ts';
import { type ConnectionEntry, withField } from './connectionEntry.ts';

/**
 * Does something with a server; when its certificate is one that nobody vouches for, shows its fingerprint, and does it
 * once more when the user accepts that one certificate for this one connection.
 */
export async function trusting(
  entry: ConnectionEntry,
  address: string,
  act: (entry: ConnectionEntry) => Promise<ConnectionEntry>,
): Promise<ConnectionEntry> {
  try {
    return await act(entry);
  } catch (thrown) {
    if (!isDossierError(thrown, 'untrusted-certificate')) throw thrown;
    const fingerprint = await fingerprintOf(entry, new URL(/^https:/i.test(address) ? address : `https://${address}`));
    const accept = vscode.l10n.t('Accept for This Connection');
    const detail = vscode.l10n.t(
      'Accept it only if your administrator gives you the same fingerprint (SHA-256):\n\n{0}',
      fingerprint,
    );
    const answer = await vscode.window.showWarningMessage(sentenceOf(thrown), { modal: true, detail }, accept);
    if (answer !== accept) throw new DossierError('cancelled');
    return act(withField(entry, 'pinnedFingerprint', fingerprint));
  }
}

/** Of the certificate that a server shows now, by the way to the network that the connection takes. */
async function fingerprintOf({ fields, secrets }: ConnectionEntry, url: URL): Promise<string> {
  const proxy = fields['proxy'] as ProxySettings | undefined;
  const { fingerprint } = await serverCertificate(url, proxy && proxyAgents(proxy, secrets.proxyPassword));
  return fingerprint;
}
