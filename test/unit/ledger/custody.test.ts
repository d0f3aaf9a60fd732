import { describe, expect, test } from 'vitest';
import type { ExportFile } from '../../../shared/core/zip.ts';
import {
  type CustodyEvent,
  consentWithdrawnAt,
  createKey,
  custodyRows,
  custodyTable,
  exportHistory,
  fromUtf8,
  type Ledger,
  parseKey,
  parseReceipt,
  recordCustodyEvent,
  recordReport,
  verifyInLedger,
} from '../../../shared/index.ts';
import { createEmbeddedLedger } from '../../../shared/ledger/backends/embedded.ts';
import { assetId } from '../../../shared/ledger/statement/asset.ts';
import { auditLog } from '../../../shared/ledger/verify/auditLog.ts';
import { publicEntries } from '../../../shared/publication/publicEntries.ts';
import { makeReportPublic } from '../../../shared/publication/publishByItself.ts';
import { createMemoryState, digestsOf, openLedger, verifyReceipt } from '../../../shared/testing.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const photo = seededBytes(100, 'photo');
const holder = 'Canary Holderová';
const reason = 'For the canary court; "=1+1"';
let call = 0;

async function withReport(): Promise<{ ledger: Ledger; asset: string }> {
  const ledger = await openLedger({
    store: createMemoryState(),
    key: parseKey(createKey((length) => seededBytes(length, 'key'))),
    clock: createVirtualClock({ auto: true, start: Date.UTC(2026, 4, 1) }),
    random: (length) => seededBytes(length, `custody ${call++}`),
  });
  await recordReport(ledger, {
    report: 'report-1',
    manifest: { title: 'Gate' },
    files: [{ digests: digestsOf(photo) }, { digests: digestsOf(photo.subarray(1)) }],
  });
  return { ledger, asset: assetId(ledger.assetKey, { kind: 'report', account: '', file: 'report-1' }) };
}

const act = (event: CustodyEvent, more = {}) => ({ event, holder, reason, occasion: `${event} 1`, ...more });

async function filesOf(files: AsyncIterable<ExportFile>): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>();
  for await (const { path, bytes } of files) all.set(path, bytes);
  return all;
}

describe('custody', () => {
  test('is in the history of the version that it is about, makes no version, and says no name in the statement', async () => {
    const { ledger, asset } = await withReport();
    for (const event of ['Receive', 'HandOver', 'Review', 'GiveConsent', 'WithdrawConsent'] as const)
      expect(await recordCustodyEvent(ledger, { asset }, act(event))).toMatchObject({
        event,
        version: 1,
        known: false,
      });
    expect(await recordCustodyEvent(ledger, { asset }, act('HandOver'))).toMatchObject({ index: 2, known: true });
    const verdict = await verifyInLedger(ledger, { digests: digestsOf(photo) });
    expect(verdict).toMatchObject({ answer: 'known', versions: [{ index: 0, version: 1, proof: { holds: true } }] });
    if (verdict.answer !== 'known') throw new Error();
    const { history } = verdict.versions[0]!;
    expect(history.map(({ predicate }) => predicate.event)).toEqual([
      'Submit',
      'Receive',
      'HandOver',
      'Review',
      'GiveConsent',
      'WithdrawConsent',
    ]);
    expect(consentWithdrawnAt(history)).toBe(history[5]!.predicate.observedAt);
    expect(consentWithdrawnAt(history.slice(0, 5))).toBeUndefined();
    // Whose consent came later is hidden.
    expect(consentWithdrawnAt([...history, history[4]!])).toBe(history[5]!.predicate.observedAt);
    for (let index = 1; index <= 5; index++) {
      const payload = fromUtf8((await ledger.log.entry(index))!.envelope.payload);
      expect(payload).not.toMatch(/canary|Canary|holder|reason/i);
      expect(JSON.parse(payload)).toMatchObject({ subject: [{}, {}], predicate: { asset, _sd: { length: 3 } } });
    }
    expect(await auditLog({ store: ledger.store, ledger: 'main', trust: ledger.trust })).toEqual([]);
  });

  test('does not pass for what happened to the file itself', async () => {
    const { ledger } = await withReport();
    const service = createEmbeddedLedger(ledger.log);
    const happened = { asset: 'f', occasion: 'x', observedAt: 0, subjects: [digestsOf(photo)] };
    await ledger.log.append([
      { ...happened, event: 'Register', details: { link: 'l1' } },
      { ...happened, event: 'Delete', details: { link: 'l1' } },
    ]);
    const { index } = await recordCustodyEvent(ledger, { asset: 'f' }, act('Review'));
    expect(JSON.parse(fromUtf8((await ledger.log.entry(index))!.envelope.payload))).toMatchObject({
      predicate: { link: 'l1' },
    });
    expect(await service.newest('f')).toMatchObject({ event: 'Delete' });
    const changed = await verifyInLedger(ledger, { digests: digestsOf(photo.subarray(7)), asset: 'f' });
    expect(changed).toMatchObject({ answer: 'changed', last: { predicate: { event: 'Register' } } });
  });

  test('registers a content that nobody recorded, under its hash, with the first act', async () => {
    const { ledger, asset } = await withReport();
    const copy = seededBytes(9, 'copy');
    const subject = { digests: digestsOf(copy), name: 'copy.jpg' };
    const first = await recordCustodyEvent(ledger, subject, act('WorkingCopy', { original: asset }));
    const second = await recordCustodyEvent(ledger, subject, act('Review'));
    expect([first.index, second.index, second.asset]).toEqual([2, 3, first.asset]);
    const verdict = await verifyInLedger(ledger, { digests: digestsOf(copy) });
    expect(verdict).toMatchObject({
      answer: 'known',
      versions: [
        {
          version: 1,
          history: [
            { predicate: { event: 'Register' } },
            { predicate: { event: 'WorkingCopy', derivedFrom: asset } },
            { predicate: { event: 'Review' } },
          ],
        },
      ],
    });
    await expect(recordCustodyEvent(ledger, { asset }, act('WorkingCopy', { original: asset }))).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  test('refuses what says nothing, and what no ledger can hold', async () => {
    const { ledger, asset } = await withReport();
    const refused = (more: object, subject = { asset }) =>
      expect(recordCustodyEvent(ledger, subject, act('Review', more))).rejects;
    await refused({ holder: ' \n ' }).toMatchObject({ code: 'invalid-input' });
    await refused({ holder: 'x'.repeat(201) }).toMatchObject({ code: 'invalid-input' });
    await refused({ reason: 'x'.repeat(2001) }).toMatchObject({ code: 'invalid-input' });
    await refused({ happenedAt: Number.NaN }).toMatchObject({ code: 'invalid-input' });
    await refused({}, { asset: '<b>' }).toMatchObject({ code: 'not-found' });
    await refused({}, { asset: 'nobody' }).toMatchObject({ code: 'not-found' });
    expect(await ledger.log.find(digestsOf(photo).sha256)).toEqual([0]);
  });

  test('is public where its report is, and nowhere else', async () => {
    const { ledger, asset } = await withReport();
    await recordCustodyEvent(ledger, { asset }, act('Receive'));
    expect(await publicEntries(ledger.store)).toEqual(new Set());
    await makeReportPublic(ledger, 'report-1');
    expect(await publicEntries(ledger.store)).toEqual(new Set([0]));
    await recordCustodyEvent(ledger, { asset }, act('HandOver'));
    expect(await publicEntries(ledger.store)).toEqual(new Set([0, 2]));
  });
});

describe('the table of custody', () => {
  const happenedAt = Date.UTC(2026, 3, 30, 9);

  test('is chronological, and takes names for what they are in every form', async () => {
    const { ledger, asset } = await withReport();
    await recordCustodyEvent(ledger, { asset }, act('Receive', { happenedAt }));
    await recordCustodyEvent(ledger, { asset }, act('HandOver', { holder: '=HYPERLINK("x")|<b>', reason: '' }));
    const rows = await custodyRows(ledger, asset);
    expect(rows).toMatchObject([
      { index: 0, event: 'Submit', sha256: [digestsOf(photo).sha256, digestsOf(photo.subarray(1)).sha256] },
      { index: 1, event: 'Receive', holder, reason, happenedAt: '2026-04-30T09:00:00.000Z' },
      { index: 2, event: 'HandOver' },
    ]);
    const csv = custodyTable(asset, rows, 'csv');
    expect(csv.split('\r\n')).toHaveLength(5);
    expect(csv).toContain('"For the canary court; ""=1+1"""');
    expect(csv).toContain(`"'=HYPERLINK(""x"")|<b>"`);
    expect(custodyTable(asset, rows, 'md')).toContain('=HYPERLINK\\("x"\\)\\|\\<b\\>');
    const html = custodyTable(asset, rows, 'html');
    expect(html).toContain('&lt;b&gt;');
    expect(html).not.toMatch(/<script|<b>/);
    expect(custodyTable(asset, rows, 'txt')).toContain(`Who:            ${holder}`);
    expect(custodyTable(asset, await custodyRows(ledger, asset, []), 'csv')).not.toMatch(/canary|HYPERLINK/i);
    expect(custodyTable(asset, await custodyRows(ledger, asset, []), 'csv')).toContain('(not disclosed)');
  });

  test('goes with an exported history, and shows only what was chosen', async () => {
    const { ledger, asset } = await withReport();
    expect([...(await filesOf(exportHistory(ledger, { asset }))).keys()]).not.toContain('custody.csv');
    await recordCustodyEvent(ledger, { asset }, act('Receive', { happenedAt }));
    const silent = await filesOf(exportHistory(ledger, { asset }));
    for (const [path, bytes] of silent) expect(fromUtf8(bytes), path).not.toMatch(/canary/i);
    expect(fromUtf8(silent.get('custody.csv')!)).toContain('"Received from","(not disclosed)"');
    const receipt = parseReceipt(silent.get('statements/002-Receive.sigstore.json')!);
    expect(verifyReceipt(receipt, ledger.trust, digestsOf(photo)).holds).toBe(true);

    const told = await filesOf(exportHistory(ledger, { asset, disclose: ['holder'] }));
    expect(fromUtf8(told.get('custody.txt')!)).toContain(holder);
    expect(fromUtf8(told.get('index.html')!)).toContain('<h2>Chain of custody</h2>');
    for (const [path, bytes] of told) expect(fromUtf8(bytes), path).not.toContain('canary court');
  });
});
