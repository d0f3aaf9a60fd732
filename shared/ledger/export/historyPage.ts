import type { Json } from '../../core/json.ts';
import { levels } from '../receipt/levels.ts';
import type { Disclosure } from '../statement/mask.ts';
import { type LedgerEvent, predicateType, type Statement } from '../statement/statement.ts';
import { custodyStyle } from './custodyTable.ts';
import { cosignCommand, escapeHtml, fingerprintCommand, pageStyle } from './verificationPage.ts';

/** One statement of an exported history, as a person reads it. */
export interface HistoryPageItem {
  readonly index: number;
  readonly statement: Statement;
  /** Names of files in the export. */
  readonly bundle: string;
  readonly proof: string;
  readonly key: string;
  readonly fingerprint: string;
  /** Milliseconds since 1970 UTC, where an authority that the trusted root names vouches for it. */
  readonly stampedAt?: number;
  readonly disclosed: readonly { readonly claim: string; readonly value: Json; readonly disclosure: Disclosure }[];
}

export interface HistoryPageHead {
  readonly asset: string;
  readonly origin: string;
  readonly rotations: readonly HistoryPageRotation[];
}

/** A change of the ledger's keys; names of files in the export. */
export interface HistoryPageRotation {
  readonly index: number;
  /** The former key. */
  readonly key: string;
  readonly bundle: string;
  /** The key that follows, which the statement is about. */
  readonly next: string;
  readonly fingerprint: string;
}

const meanings: Readonly<Record<LedgerEvent, string>> = {
  Register: 'The file was recorded for the first time',
  Publish: 'A new version was recorded',
  Attest: 'The version was read and hashed',
  Rename: 'The file was renamed',
  Move: 'The file was moved',
  Withdraw: 'The file was withdrawn',
  Delete: 'The file was deleted',
  Restore: 'The file was restored',
  Link: 'A folder was linked to the ledger',
  Unlink: 'A folder was unlinked from the ledger',
  GapStart: 'From here on changes may have been missed',
  GapEnd: 'From here on nothing was missed',
  Submit: 'A report was delivered whole',
  KeyRotate: 'The keys of the ledger were changed',
  Receive: 'It was received from somebody',
  HandOver: 'It was handed to somebody',
  Review: 'It was reviewed',
  WorkingCopy: 'It is a working copy',
  GiveConsent: 'Consent to its use was given',
  WithdrawConsent: 'Consent to its use was withdrawn',
};

/** What the versions must be compared with is called FILE: names never get into a command. */
const file = 'FILE';

/**
 * The beginning of the page; items and end follow, so that no history needs to be held whole. No scripts, nothing from
 * elsewhere.
 */
export function historyPageHead({ asset, origin, rotations }: HistoryPageHead): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>History of ${escapeHtml(asset)}</title>
<style>${pageStyle}${custodyStyle}dt{font-weight:600}dd{margin:0 0 .4em;overflow-wrap:anywhere}</style>
<h1>History of one file</h1>
<p>Asset <code>${escapeHtml(asset)}</code> in the ledger <code>${escapeHtml(origin)}</code>, oldest first. Each statement is signed, and proved to be in the ledger by the files beside this page.</p>
<p>First get the fingerprint of the key from its owner another way, and compare it with what this command tells of the key beside this page; nothing here proves anything without that, and what the page itself says may be made up:</p>
<pre>${escapeHtml(fingerprintCommand('statement-key.pem'))}</pre>
<p>Event, version and time are part of what is signed. This shows the signed text of a receipt:</p>
<pre>jq -r .dsseEnvelope.payload RECEIPT | base64 -d</pre>
${rotations.map(rotationOf).join('')}<p>To check a version, put it beside this page under the name <code>${file}</code> and run the command below it in this folder. It needs <a href="https://github.com/sigstore/cosign">cosign</a> 3 and no network.</p>
`;
}

function rotationOf({ index, key, bundle, next, fingerprint }: HistoryPageRotation): string {
  return `<p>With entry ${index} of the ledger the keys were changed; the former ones and the next ones have signed it. What came later is signed with:</p>
<pre>${escapeHtml(fingerprint)}</pre>
<pre>${escapeHtml(cosignCommand(next, { key, bundle }))}</pre>
`;
}

export function historyPageItem(item: HistoryPageItem): string {
  const { index, statement, bundle, proof, fingerprint, stampedAt, disclosed } = item;
  const { event, version, observedAt } = statement.predicate;
  const level = levels[stampedAt === undefined ? 'L0' : 'L1'];
  const rows: readonly (readonly [string, string])[] = [
    ['Observed', escapeHtml(observedAt)],
    ['Entry', `${index} of the ledger`],
    ...statement.subjects.flatMap((subject) =>
      Object.entries(subject).map(([name, digest]) => [name, `<code>${escapeHtml(String(digest))}</code>`] as const),
    ),
    ...disclosed.map(
      ({ claim, value, disclosure }) =>
        [claim, `${escapeHtml(String(value))}<br><code>${escapeHtml(disclosure)}</code>`] as const,
    ),
    ...(stampedAt === undefined ? [] : [['Time-stamped', new Date(stampedAt).toISOString()] as const]),
    ['Level', `${level.name}. ${level.protects} ${level.doesNotProtect}`],
    ['Signed with', `<code>${escapeHtml(fingerprint)}</code>`],
    [
      'Files',
      `<a href="${escapeHtml(bundle)}">${escapeHtml(bundle)}</a>, <a href="${escapeHtml(proof)}">${escapeHtml(proof)}</a>`,
    ],
  ];
  return `<h2>Version ${version}: ${escapeHtml(meanings[event])}</h2>
<dl>
${rows.map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${text}</dd>`).join('\n')}
</dl>
${commandOf(item)}
`;
}

export function historyPageEnd(disclosing: boolean): string {
  const how = `<h2>Names and other hidden claims</h2>
<p>The statements hold only digests of what is hidden. What was disclosed is in <code>disclosures.json</code>: the SHA-256 of a disclosure, in base64url, must be in the list <code>_sd</code> of its statement (RFC 9901).</p>
`;
  return `${disclosing ? how : ''}</html>\n`;
}

/** Others compare SHA-256 only: a version that nobody has read here yet is for Dossier's own Verify. */
function commandOf({ statement, bundle, key, stampedAt }: HistoryPageItem): string {
  if (statement.subjects.every(({ sha256 }) => sha256 === undefined)) {
    return `<p>This version is known by the provider’s own digest alone, which cosign does not compare; Verify of Dossier does. The type of the statement is <code>${predicateType}</code>.</p>`;
  }
  return `<pre>${escapeHtml(cosignCommand(file, { key, bundle, stamped: stampedAt !== undefined }))}</pre>`;
}
