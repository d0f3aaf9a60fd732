import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Attachment,
  bytesSource,
  type Drive,
  driveFolder,
  newReport,
  parsePath,
  parseReport,
  type Report,
  readBytes,
  reportIdOfKey,
  submitOnce,
} from '../../../shared/index.ts';
import { checkReport } from '../../../shared/report/check/checkReport.ts';
import { storedForm } from '../../../shared/report/model/report.ts';
import { createDeliveryJournal, createMemoryDrive, createMemoryState, submit } from '../../../shared/testing.ts';
import { box, exifSegment, filmWith, joined, jpegWith, quicktimeText } from '../../support/pictures.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const canary = 'CANARY';
const picture = jpegWith(exifSegment({ make: canary, orientation: 6, place: [51.4779, -0.0015] }));
const film = filmWith({ beside: [box('udta', quicktimeText('\xa9xyz', `+51.4779-000.0015/${canary}`))] });
const plain = jpegWith();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface Given {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly metadata?: Attachment['metadata'];
}

describe('a report whose files go without metadata', () => {
  let drive: Drive;
  let events: { type: string }[];
  const root = { path: parsePath('/Reports') };
  const clock = createVirtualClock({ auto: true });

  beforeEach(() => {
    drive = createMemoryDrive();
    events = [];
  });

  function orderOf(given: readonly Given[], title = 'Flood') {
    const attachments = given.map(
      ({ name, bytes, metadata }, index): Attachment => ({
        id: `a${index}`,
        name,
        mediaType: 'image/jpeg',
        size: bytes.length,
        source: { kind: 'test', index },
        fingerprint: `bytes:${bytes.length}`,
        ...(metadata ? { metadata } : {}),
      }),
    );
    const content = { title, description: 'x', attachments };
    const report: Report = newReport(content, {
      id: reportIdOfKey(root, title),
      connection: 'c',
      now: 1_800_000_000_000,
    });
    const state = createMemoryState();
    const journal = createDeliveryJournal(state, report.id, (changes) => state.commit(changes));
    const open = async ({ source }: Attachment) => bytesSource(given[Number(source['index'])]!.bytes);
    return {
      report,
      drive,
      root,
      sources: { open },
      journal,
      clock,
      onEvent: (event: { type: string }) => void events.push(event),
    };
  }

  async function delivered(path: string): Promise<Map<string, Buffer>> {
    const folder = driveFolder(drive, { path: parsePath(path) });
    const found = new Map<string, Buffer>();
    for (const { path: name } of await folder.list())
      found.set(name, Buffer.from(await readBytes(folder.read(name), 2 ** 24)));
    expect((await checkReport(folder)).differences).toEqual([]);
    return found;
  }

  it('delivers copies in which nothing is left, and names both hashes', async () => {
    const { destination } = await submit(
      orderOf([
        { name: 'a.jpg', bytes: picture, metadata: 'remove' },
        { name: 'b.mp4', bytes: film, metadata: 'remove' },
        { name: 'c.jpg', bytes: plain, metadata: 'remove' },
        { name: 'd.jpg', bytes: picture, metadata: 'keep' },
      ]),
    );
    const files = await delivered(destination.path);
    const manifest = JSON.parse(files.get('dossier.json')!.toString()) as { files: Record<string, unknown>[] };
    const told = Object.fromEntries(manifest.files.map((file) => [file['name'], file]));
    expect(told['a.jpg']).toMatchObject({
      sha256: sha256(files.get('a.jpg')!),
      derivedFrom: { sha256: sha256(picture), size: picture.length, change: 'metadata-removed' },
    });
    expect(told['b.mp4']).toMatchObject({ size: film.length, derivedFrom: { sha256: sha256(film) } });
    // There was nothing to be left out.
    expect(told['c.jpg']).not.toHaveProperty('derivedFrom');
    expect(files.get('c.jpg')).toEqual(Buffer.from(plain));
    expect(files.get('d.jpg')).toEqual(Buffer.from(picture));
    expect([...files].filter(([, bytes]) => bytes.includes(canary)).map(([name]) => name)).toEqual(['d.jpg']);
    const crate = JSON.parse(files.get('ro-crate-metadata.json')!.toString()) as {
      '@graph': Record<string, unknown>[];
    };
    expect(crate['@graph'].find((entity) => entity['@id'] === `#original-${sha256(picture)}`)).toMatchObject({
      '@type': 'CreativeWork',
    });
  });

  it.each([
    ['of another type', joined('%PDF-1.7 text'), /of this type/],
    ['that is damaged', picture.subarray(0, picture.length - 20), /damaged/],
    ['with subtitles', filmWith({ handler: 'text' }), /subtitles/],
    ['in which something is found all the same', filmWith({ samples: 'Exif\0\0II*\0 51.4779' }), /still found/],
  ])('says of a file %s that it cannot go without, and sends nothing', async (_, bytes, reason) => {
    const order = orderOf([
      { name: 'a.jpg', bytes: picture, metadata: 'remove' },
      { name: 'b', bytes, metadata: 'remove' },
    ]);
    await expect(submit(order)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(reason) });
    expect(events).toEqual([expect.objectContaining({ type: 'failed', attachment: 'a1' })]);
    expect(await drive.stat({ path: parsePath('/Reports') }, {})).toBeUndefined();
  });

  it('is the same report when it is sent again, by whomever, and another one with another choice', async () => {
    const given: Given[] = [{ name: 'a.jpg', bytes: picture, metadata: 'remove' }];
    const first = await submitOnce(orderOf(given));
    const second = await submitOnce(orderOf(given));
    expect(second.destination).toEqual(first.destination);
    expect(second.manifest).toEqual(first.manifest);
    await delivered(first.destination.path);
    await expect(submitOnce(orderOf([{ name: 'a.jpg', bytes: picture }]))).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  it('does not believe what a journal says of an original', async () => {
    const order = orderOf([{ name: 'a.jpg', bytes: picture, metadata: 'remove' }]);
    const made = { fingerprint: `bytes:${picture.length}`, size: 1, sent: picture.length, sha256: '0'.repeat(64) };
    await order.journal.save({
      schema: 1,
      sent: 1,
      attempt: 0,
      names: { a0: 'a.jpg' },
      companions: {},
      originals: { a0: made },
    });
    const { manifest } = await submitOnce(order);
    expect(manifest.files[1]?.derivedFrom?.sha256).toBe(sha256(picture));
  });

  it('is kept in a form that a version which does not know the promise refuses', () => {
    const { report } = orderOf([{ name: 'a.jpg', bytes: picture, metadata: 'remove' }]);
    const stored = storedForm(report) as { schema: number };
    expect(stored.schema).toBe(2);
    expect(parseReport(stored)).toEqual(report);
    expect((storedForm(orderOf([{ name: 'a.jpg', bytes: picture }]).report) as { schema: number }).schema).toBe(1);
  });
});
