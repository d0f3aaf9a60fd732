import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../../../shared/core/errors.ts';
import {
  createReportId,
  DossierError,
  type ErrorCode,
  isReportId,
  newReport,
  parseContent,
  parseReport,
  utf8,
} from '../../../shared/index.ts';
import { fileNames, reservedNames } from '../../../shared/report/content/fileNames.ts';
import { folderName } from '../../../shared/report/content/folderName.ts';
import { manifestBytes, parseManifest } from '../../../shared/report/content/manifest.ts';
import { interruptionOf, mendingActions, parseInterruption } from '../../../shared/report/model/interruption.ts';
import { timeOf } from '../../../shared/report/model/reportId.ts';
import { createMemoryState, createReports } from '../../../shared/testing.ts';
import { createScene } from './submitting.ts';

describe('report ids', () => {
  test('sort by time, tell their time, and are lower-case ULIDs', () => {
    const times = [0, 1, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1];
    const ids = times.map((time) => createReportId(time));
    expect(ids.every(isReportId)).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(ids.map(timeOf)).toEqual(times);
    expect(new Set(Array.from({ length: 100 }, () => createReportId(5))).size).toBe(100);
    expect(createReportId(0, () => new Uint8Array(10))).toBe('0'.repeat(26));
  });
});

describe('content of a report', () => {
  const attachment = {
    id: 'a',
    name: 'a.txt',
    mediaType: 'text/plain',
    size: 1,
    source: { kind: 'file' },
    fingerprint: 'f',
  };
  test.each([
    ['no title', { title: '', description: '' }],
    ['a title of spaces', { title: ' \t\n', description: '' }],
    ['a title that is no text', { title: 5, description: '' }],
    ['a title without end', { title: 'x'.repeat(5000), description: '' }],
    ['a negative size', { title: 't', attachments: [{ ...attachment, size: -1 }] }],
    ['a size that is no number', { title: 't', attachments: [{ ...attachment, size: '1' }] }],
    ['an attachment without a name', { title: 't', attachments: [{ ...attachment, name: '' }] }],
    ['an attachment without a source', { title: 't', attachments: [{ ...attachment, source: undefined }] }],
    ['two attachments with one id', { title: 't', attachments: [attachment, attachment] }],
    ['attachments that are no list', { title: 't', attachments: 'all' }],
    ['nothing at all', null],
  ])('%s is invalid-input', (_what, content) => {
    expect(() => parseContent(content)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });

  test('whatever is parsed is parsed again to the same, and junk is invalid-input', () => {
    const report = newReport(
      { title: 't', attachments: [attachment] },
      { id: createReportId(1), connection: 'c', now: 1 },
    );
    expect(parseReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(report)), (value, field) => {
        try {
          parseReport({ ...report, [field]: value });
        } catch (error) {
          expect(error).toMatchObject({
            code: field === 'schema' && Number(value) > 1 ? 'unsupported' : 'invalid-input',
          });
        }
      }),
      { numRuns: 1000, seed: 3 },
    );
  });
});

describe('names at the destination', () => {
  test('any names come out portable, distinct and none of ours', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary', maxLength: 40 }),
            fc.constantFrom(...reservedNames, 'a.txt', 'A.TXT', '..', '/'),
          ),
          { maxLength: 12 },
        ),
        (given) => {
          const names = fileNames(given);
          const folded = names.map((name) => name.toLowerCase());
          expect(new Set([...folded, ...reservedNames]).size).toBe(given.length + reservedNames.length);
          for (const name of names) {
            expect(name).not.toMatch(/[/\\:*?"<>|\u0000-\u001f]|^\.{1,2}$|[. ]$|^$/);
            expect(utf8(name).length).toBeLessThan(250);
          }
        },
      ),
      { numRuns: 2000, seed: 5 },
    );
  });

  test('folder names have at most 100 code units, numbers included', () => {
    for (const title of ['Flood', 'x'.repeat(300), '水'.repeat(300), '   ', '..', 'CON']) {
      for (const attempt of [0, 1, 12, 12345]) {
        const name = folderName(title, attempt);
        expect(name.length).toBeLessThanOrEqual(100);
        expect(utf8(name).length).toBeLessThanOrEqual(250);
        expect(name.endsWith(attempt === 0 ? '' : ` ${attempt}`)).toBe(true);
      }
    }
    expect(folderName('  ', 0)).toBe('Report');
  });
});

describe('manifest', () => {
  const manifest = {
    dossier: 1 as const,
    report: 'r',
    title: 't\u2028"',
    created: 'c',
    modified: 'm',
    sent: 's',
    descriptionEncoding: 'utf-8',
    files: [{ name: 'a', size: 1, mediaType: 'text/plain', sha256: 'a'.repeat(64), originalName: 'A' }],
  };
  test('is read back, and the same in whatever order it was put together', () => {
    expect(parseManifest(JSON.parse(Buffer.from(manifestBytes(manifest)).toString()))).toEqual(manifest);
    const { files, ...rest } = manifest;
    expect(manifestBytes({ files, ...rest })).toEqual(manifestBytes(manifest));
  });

  test.each([
    [{}],
    [null],
    [{ ...manifest, dossier: 2 }],
    [{ ...manifest, files: [{ name: 'a' }] }],
    [{ ...manifest, title: 5 }],
  ])('what is not one is invalid-response: %j', (value) => {
    expect(() => parseManifest(value)).toThrow(expect.objectContaining({ code: 'invalid-response' }));
  });
});

describe('interruptions', () => {
  test('every error code has a reason, one action, and a time only where waiting mends', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const error = new DossierError(code);
      const interruption = interruptionOf(error, { now: 1000, attempt: 1 });
      expect(interruption.mend).toBe(mendingActions[code]);
      expect(interruption.resumeAt !== undefined).toBe(error.retry === 'now' || error.retry === 'later');
      expect(parseInterruption(JSON.parse(JSON.stringify(interruption)))).toEqual(interruption);
    }
  });

  test('waits double up to a quarter of an hour, and never undercut what the server asked', () => {
    const waits = [1, 2, 3, 20, 5000].map(
      (attempt) => interruptionOf(new DossierError('offline'), { now: 0, attempt }).resumeAt,
    );
    expect(waits).toEqual([5_000, 10_000, 20_000, 900_000, 900_000]);
    expect(
      interruptionOf(new DossierError('rate-limited', undefined, { retryAfterMs: 3_600_000 }), { now: 0, attempt: 1 })
        .resumeAt,
    ).toBe(3_600_000);
  });
});

describe('stored reports', () => {
  const titled = (title: string, now: number) =>
    newReport({ title }, { id: createReportId(now), connection: now % 2 ? 'odd' : 'even', now });

  test('are listed by place and connection, newest first', async () => {
    const reports = createReports(createMemoryState());
    for (const now of [1, 2, 3]) await reports.save(titled(`report ${now}`, now), 0, now);
    expect((await reports.list()).reports.map(({ report }) => report.title)).toEqual([
      'report 3',
      'report 2',
      'report 1',
    ]);
    expect((await reports.list({ connection: 'odd' })).reports).toHaveLength(2);
    expect((await reports.list({ place: 'submitted' })).reports).toHaveLength(0);
  });

  test('one window does not overwrite the edit of another, and nothing but a draft is edited', async () => {
    const state = createMemoryState();
    const reports = createReports(state);
    const saved = await reports.save(titled('first', 1), 0, 1);
    await reports.save({ ...saved.report, title: 'theirs' }, saved.version, 2);
    await expect(reports.save({ ...saved.report, title: 'mine' }, saved.version, 3)).rejects.toMatchObject({
      code: 'revision-conflict',
    });
    await expect(reports.save({ ...saved.report, title: ' ' }, 99, 3)).rejects.toMatchObject({ code: 'invalid-input' });
    const stored = (await reports.get(saved.report.id))!;
    await state.commit([
      {
        key: `reports/${saved.report.id}`,
        value: utf8(JSON.stringify({ ...stored.report, state: 'queued' })),
        expectedVersion: stored.version,
      },
    ]);
    await expect(reports.save(stored.report, stored.version + 1, 4)).rejects.toMatchObject({ code: 'invalid-input' });
  });

  test.each([
    ['no JSON', '{"schema":1'],
    ['empty', ''],
    ['another report', JSON.stringify(titled('other', 77))],
    ['a state that does not exist', JSON.stringify({ ...titled('x', 5), state: 'lost' })],
    ['a later schema', JSON.stringify({ ...titled('x', 5), schema: 3 }), 'unsupported'],
    ['not UTF-8', '\u0000'],
  ])(
    'a damaged record (%s) is told, kept, and does not hide the others',
    async (_how, text, code = 'state-corrupt') => {
      const state = createMemoryState();
      const reports = createReports(state);
      await reports.save(titled('whole', 9), 0, 9);
      const id = createReportId(5);
      const value = text === '\u0000' ? Uint8Array.from([0xff, 0xfe]) : utf8(text);
      await state.commit([{ key: `reports/${id}`, value, expectedVersion: 0 }]);
      await expect(reports.get(id)).rejects.toMatchObject({ code });
      const { reports: whole, damaged } = await reports.list();
      expect(whole.map(({ report }) => report.title)).toEqual(['whole']);
      expect(damaged).toMatchObject([{ code }]);
      expect((await state.get(`reports/${id}`))?.value).toEqual(value);
    },
  );

  test('the scene that other tests use is a valid report', () => {
    const { report } = createScene();
    expect(parseReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });
});
