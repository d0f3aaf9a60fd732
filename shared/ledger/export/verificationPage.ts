import { printable } from '../../core/paths.ts';
import type { Trust } from '../identity/trust.ts';
import type { Log } from '../log/log.ts';
import { verifierKey } from '../signing/checkpoint.ts';
import { keyFingerprint } from '../signing/signingKeys.ts';
import { predicateType } from '../statement/statement.ts';

export const pageStyle =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}code,pre{background:#f3f3f3;padding:.1em .3em;overflow-wrap:anywhere;white-space:pre-wrap}';

const escaped: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, whoever wrote it: no markup, and nothing that turns the direction of what follows. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => escaped[character] ?? character);
}

/** What a check goes by; the names under which hosts hand these files out, unless others are given. */
export interface CosignFiles {
  readonly key?: string;
  readonly bundle?: string;
  /** The time stamp is to be checked too; the trusted root must name its authority. */
  readonly stamped?: boolean;
}

/** The command with which anyone checks a file against its receipt, without us and without a network. */
export function cosignCommand(
  file: string,
  { key = 'statement-key.pem', bundle = 'dossier.sigstore.json', stamped = false }: CosignFiles = {},
): string {
  const stamps = stamped ? ' --use-signed-timestamps' : '';
  return `cosign verify-blob-attestation --key ${key} --bundle ${bundle} --trusted-root trusted_root.json${stamps} --type ${predicateType} ${file}`;
}

/** Computes the fingerprint of a public key from its file. */
export function fingerprintCommand(key: string): string {
  return `openssl pkey -pubin -in ${key} -outform DER | openssl dgst -sha256`;
}

/** A page for whoever opens the published folder: what it is and how to check a file with public tools. */
export function verificationPage(log: Log, { rotations = [] }: Trust): string {
  const changes = rotations.map(
    ({ index, former }, at) =>
      `<p>With entry ${index} the keys were changed; <code>rotations/${at + 1}.sigstore.json</code> is signed by both. Before, the fingerprint was:</p>\n<pre>${keyFingerprint(former.statement)}</pre>\n`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Ledger ${escapeHtml(log.identity.origin)}</title>
<style>${pageStyle}</style>
<h1>A ledger of files</h1>
<p>These files are a transparency log (<a href="https://c2sp.org/tlog-tiles">c2sp.org/tlog-tiles</a>): they prove what existed when, and hold no file, no name and no path.</p>
<h2>Check a file</h2>
<p>You need the file, its receipt <code>dossier.sigstore.json</code>, <code>trusted_root.json</code> from here, and the statement key of whoever keeps the ledger. Get the key’s fingerprint from its owner another way, and compare it with what this command tells of the file that you have. Do not compare it with anything that this page says, for whoever forges the page says the right thing:</p>
<pre>${escapeHtml(fingerprintCommand('statement-key.pem'))}</pre>
<pre>${escapeHtml(cosignCommand('FILE'))}</pre>
${changes.join('')}<h2>Check the ledger</h2>
<p>Its head is the file <code>checkpoint</code>, signed with this key:</p>
<pre>${escapeHtml(verifierKey(log.identity))}</pre>
<p>Keep a copy of <code>checkpoint</code>. Any later change to what it covers can be shown with it.</p>
</html>
`;
}
