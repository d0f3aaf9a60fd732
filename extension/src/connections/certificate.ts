import tls from 'node:tls';
import * as vscode from 'vscode';
import { DossierError, isDossierError } from '../../../shared/index.ts';
import { sentenceOf } from '../ui/problems.ts';
import { type ConnectionEntry, withField } from './connectionEntry.ts';

const lookMs = 15_000;

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
    const fingerprint = await fingerprintOf(new URL(/^https:/i.test(address) ? address : `https://${address}`));
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

/** Of the certificate that a server shows now. Nothing is sent to it. */
function fingerprintOf({ hostname, port }: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect(
      { host: hostname, port: Number(port || 443), servername: hostname, rejectUnauthorized: false, timeout: lookMs },
      () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      },
    );
    socket.once('timeout', () => socket.destroy(new DossierError('timeout')));
    socket.once('error', (error) =>
      reject(isDossierError(error) ? error : new DossierError('offline', undefined, { cause: error })),
    );
  });
}
