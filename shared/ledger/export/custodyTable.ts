import { printable } from '../../core/paths.ts';
import { listDisclosures, verifyDisclosure } from '../log/disclosures.ts';
import { type Ledger, ledgerName } from '../openLedger.ts';
import type { MaskedClaim } from '../statement/mask.ts';
import { isCustody, type LedgerEvent, parseStatement, type Statement } from '../statement/statement.ts';
import { indexesOf } from './indexesOf.ts';
import { escapeHtml, pageStyle } from './verificationPage.ts';

/** One line of a chain of custody. */
export interface CustodyRow {
  /** Entry of the ledger. */
  readonly index: number;
  readonly event: LedgerEvent;
  readonly version: number;
  /** RFC 3339 UTC: when it was recorded, by the owner's clock. */
  readonly recordedAt: string;
  /** What was chosen to be shown, as far as the owner still has it. */
  readonly happenedAt?: string;
  readonly holder?: string;
  readonly reason?: string;
  /** SHA-256 of what it is about; several for a report. */
  readonly sha256: readonly string[];
  /** Asset of the original. */
  readonly derivedFrom?: string;
}

export type CustodyForm = 'csv' | 'html' | 'md' | 'txt';

/** What a table shows of the hidden claims when nothing else is chosen. */
export const custodyClaims: readonly MaskedClaim[] = ['holder', 'reason', 'happenedAt'];

/**
 * Everything that is recorded of an asset, oldest first, with those hidden claims that may be shown. Codes: `not-found`,
 * those of the log and its store.
 */
export async function custodyRows(
  ledger: Ledger,
  asset: string,
  disclose: readonly MaskedClaim[] = custodyClaims,
  signal?: AbortSignal,
): Promise<CustodyRow[]> {
  const rows: CustodyRow[] = [];
  for (const index of await indexesOf(ledger, asset, signal)) {
    const entry = (await ledger.log.entry(index, signal))!;
    const hidden = await listDisclosures({ store: ledger.store, ledger: ledgerName }, index, signal);
    const shown = disclose.flatMap((claim) =>
      hidden[claim] === undefined ? [] : [verifyDisclosure(entry, hidden[claim])],
    );
    rows.push(custodyRow(index, parseStatement(entry.envelope.payload), shown));
  }
  return rows;
}

export function custodyRow(
  index: number,
  { predicate, subjects }: Statement,
  shown: readonly { readonly claim: string; readonly value: unknown }[],
): CustodyRow {
  const { event, version, observedAt, derivedFrom } = predicate;
  const told = (name: MaskedClaim) => {
    const value = shown.find(({ claim }) => claim === name)?.value;
    return typeof value === 'string' ? { [name]: value } : {};
  };
  return {
    index,
    event,
    version,
    recordedAt: observedAt,
    ...told('happenedAt'),
    ...told('holder'),
    ...told('reason'),
    sha256: subjects.flatMap(({ sha256 }) => sha256 ?? []),
    ...(derivedFrom === undefined ? {} : { derivedFrom }),
  };
}

export const hasCustody = (rows: readonly CustodyRow[]) => rows.some(({ event }) => isCustody(event));

const eventWords: Readonly<Record<LedgerEvent, string>> = {
  Register: 'Recorded for the first time',
  Publish: 'New version recorded',
  Attest: 'Read and hashed',
  Rename: 'Renamed',
  Move: 'Moved',
  Withdraw: 'Withdrawn',
  Delete: 'Deleted',
  Restore: 'Came back',
  Link: 'Folder linked',
  Unlink: 'Folder unlinked',
  GapStart: 'Changes may be missing from here',
  GapEnd: 'Nothing is missing from here',
  Submit: 'Report delivered',
  KeyRotate: 'Keys changed',
  Receive: 'Received from',
  HandOver: 'Handed to',
  Review: 'Reviewed by',
  WorkingCopy: 'Working copy of',
  GiveConsent: 'Consent given by',
  WithdrawConsent: 'Consent withdrawn by',
};

const columns = ['Recorded (UTC)', 'Happened (UTC)', 'Event', 'Who', 'Reason', 'Version', 'Entry', 'SHA-256'] as const;

/** A hidden name is told from one that never was. */
function cells({ index, event, version, recordedAt, happenedAt, holder, reason, sha256, derivedFrom }: CustodyRow) {
  const who = holder ?? (isCustody(event) ? '(not disclosed)' : '');
  const original = derivedFrom === undefined ? '' : `original: ${derivedFrom}`;
  return [
    recordedAt,
    happenedAt ?? '',
    eventWords[event],
    who,
    [reason ?? '', original].filter(Boolean).join('; '),
    String(version),
    String(index),
    sha256.join(' '),
  ].map(printable);
}

type Cells = readonly string[];

/** A spreadsheet must not take a name for a formula. */
const csvCell = (text: string) => `"${(/^[=+\-@\t]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
const markdownCell = (text: string) => text.replace(/[\\`*_{}[\]()#+!|<>~&]/g, '\\$&');

const writers: Readonly<Record<CustodyForm, (asset: string, rows: readonly Cells[]) => string>> = {
  csv: (_asset, rows) => [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join(''),
  md: (asset, rows) =>
    [
      '# Chain of custody',
      '',
      `Asset \`${asset}\`, oldest first.`,
      '',
      `| ${columns.join(' | ')} |`,
      `|${columns.map(() => ' --- |').join('')}`,
      ...rows.map((row) => `| ${row.map(markdownCell).join(' | ')} |`),
      '',
    ].join('\n'),
  txt: (asset, rows) =>
    [
      'CHAIN OF CUSTODY',
      `Asset ${asset}, oldest first`,
      ...rows.flatMap((row) => [
        '',
        ...row.flatMap((cell, at) => (cell === '' ? [] : [`${`${columns[at]}:`.padEnd(16)}${cell}`])),
      ]),
      '',
    ].join('\n'),
  html: (asset, rows) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Chain of custody of ${escapeHtml(asset)}</title>
<style>${pageStyle}body{max-width:75rem}${custodyStyle}</style>
<h1>Chain of custody</h1>
<p>Asset <code>${escapeHtml(asset)}</code>, oldest first.</p>
${htmlTable(rows)}</html>
`,
};

export const custodyStyle =
  'table{border-collapse:collapse;width:100%;font-size:.85rem}th,td{border:1px solid #999;padding:.25em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}tr{break-inside:avoid}thead{display:table-header-group}@page{size:landscape}';

function htmlTable(rows: readonly Cells[]): string {
  const line = (tag: string, row: Cells) =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table><thead>${line('th', columns)}</thead>
<tbody>
${rows.map((row) => line('td', row)).join('\n')}
</tbody></table>
`;
}

/** The rows as a table that is printed or opened elsewhere: whoever reads it needs nothing of ours. */
export function custodyTable(asset: string, rows: readonly CustodyRow[], form: CustodyForm): string {
  return writers[form](asset, rows.map(cells));
}

/** The table alone, for a page that has more on it. */
export const custodySection = (rows: readonly CustodyRow[]) =>
  `<h2>Chain of custody</h2>\n${htmlTable(rows.map(cells))}`;
