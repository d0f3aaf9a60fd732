import { expect, test } from 'vitest';
import { createKey, parseKey, recordReport } from '../../../shared/index.ts';
import { companionsIn, crateBytes } from '../../../shared/report/content/crate.ts';
import { manifestBytes, parseManifest } from '../../../shared/report/content/manifest.ts';
import { sidecarsAmong } from '../../../shared/report/content/sidecars.ts';
import { manifestOf } from '../../../shared/report/content/submission.ts';
import { createMemoryState, openLedger } from '../../../shared/testing.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const hash = 'ab'.repeat(32);

test('evidence, signatures and metadata are known by the name of the file that they came with', () => {
  const names = [
    'IMG_1.jpg',
    'img_1.JPG.proof.csv',
    'IMG_1.jpg.proof.json',
    'IMG_1.jpg.proof.csv.asc',
    'IMG_1.jpg.asc',
    'IMG_1.jpg.ots',
    'pubkey.asc',
    'clip.mp4',
    'clip.csv',
    `${hash}.gst`,
    'page.wacz',
    'metadata.json',
  ];
  const sidecars = sidecarsAmong(names);
  expect([...sidecars.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10, 11]);
  for (const place of [1, 2, 3, 4, 5]) expect(sidecars.get(place)?.of, names[place]).toBe(0);
  expect(sidecars.get(3)).toEqual({ kind: 'proofmode', of: 0 });
  expect(sidecars.get(6)).toEqual({ kind: 'proofmode' });
  expect(sidecars.get(8)).toEqual({ kind: 'metadata', of: 7 });
  expect(sidecars.get(9)).toEqual({ kind: 'proofmode' });
  expect(sidecars.get(10)).toEqual({ kind: 'archive' });
});

test('a signature of evidence leads on to the picture, whatever the order; nothing leads to itself', () => {
  const names = ['a.png.ots.asc', 'a.png.ots', 'a.png'];
  expect([...sidecarsAmong(names).values()]).toEqual([
    { kind: 'signature', of: 2 },
    { kind: 'timestamp', of: 2 },
  ]);
  for (const alone of [
    ['a.csv'],
    ['notes.asc'],
    ['metadata.json'],
    ['.csv', '.asc'],
    ['a.jpg', 'a.png', 'a.csv'],
    [''],
  ])
    expect(sidecarsAmong(alone).size, alone.join()).toBe(0);
  const many = Array.from(
    { length: 10_000 },
    (_, place) => `a${'.asc'.repeat(place % 400)}${place < 400 ? '' : place}`,
  );
  expect(sidecarsAmong(many).get(399)?.of).toBe(0);
});

const report = {
  schema: 1,
  id: 'r',
  connection: 'c',
  title: 'Gate',
  description: 'x',
  attachments: [],
  state: 'draft',
  created: 0,
  modified: 0,
} as const;
const file = (name: string, more = {}) => ({ name, size: 1, mediaType: 'x/y', sha256: hash, ...more });
const files = [file('description.txt'), file('gate.jpg'), file('gate 1.csv', { originalName: 'gate.csv' })];
const began = (companions: object) => ({ schema: 1, sent: 0, attempt: 0, names: {}, companions }) as const;

test('the manifest and the crate say so, in a way that is read back; an earlier sending keeps its form', () => {
  const manifest = manifestOf({ report }, began({ sidecars: true }), files);
  expect(manifest.files[2]).toMatchObject({ sidecar: 'metadata', arrivedWith: 'gate.jpg' });
  const read = parseManifest(JSON.parse(Buffer.from(manifestBytes(manifest)).toString()));
  expect(manifestBytes(read)).toEqual(manifestBytes(manifest));
  const crate = crateBytes(manifest, 'x');
  const { '@graph': graph } = JSON.parse(Buffer.from(crate).toString()) as { '@graph': Record<string, unknown>[] };
  expect(graph.find((entity) => entity['@id'] === 'gate%201.csv')).toMatchObject({ about: { '@id': 'gate.jpg' } });
  expect(companionsIn(crate)).toEqual({ sidecars: true });
  const former = manifestOf({ report }, began({}), files);
  expect(former.files).toEqual(files);
  expect(companionsIn(crateBytes(former, 'x'))).toEqual({});
});

test('the statement says so by the numbers of the files, and by no name', async () => {
  const ledger = await openLedger({
    store: createMemoryState(),
    key: parseKey(createKey((length) => seededBytes(length, 'key'))),
    clock: createVirtualClock({ auto: true }),
    random: (length) => seededBytes(length, 'sidecars'),
  });
  const manifest = manifestOf({ report }, began({ sidecars: true }), files);
  const digests = { sha256: hash, dropboxContentHash: hash };
  const { index } = await recordReport(ledger, { report: 'r', manifest, files: files.map(() => ({ digests })) });
  const payload = Buffer.from((await ledger.log.entry(index))!.envelope.payload).toString();
  expect(JSON.parse(payload)).toMatchObject({ predicate: { event: 'Submit', arrivedWith: [[3, 2]] } });
  expect(payload).not.toContain('gate');
});
