import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { box, exifSegment, filmWith, joined, jpegWith, quicktimeText } from '../support/pictures.ts';
import { dropbox, host, json, path, run } from './dropboxNode.ts';
import { mismatches, outputSchema } from './outputSchema.ts';

const canary = 'CANARY';
const photo = jpegWith(exifSegment({ make: canary, place: [51.4779, -0.0015], orientation: 6 }));
const video = joined(
  filmWith({ beside: [box('udta', quicktimeText('\xa9xyz', `+51.4779-000.0015/${canary}`))] }),
  // Longer than n8n's pieces, so that it is streamed.
  box('free', canary, new Uint8Array(1_000_000)),
);
const note = joined('%PDF-1.7 note');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const parameters = { title: 'North bridge', description: 'x', attachments: '', folder: path('/Reports') };

async function item(files: Readonly<Record<string, Uint8Array>>) {
  const kinds: Readonly<Record<string, string>> = { jpg: 'image/jpeg', mp4: 'video/mp4', pdf: 'application/pdf' };
  const binary = Object.fromEntries(
    await Promise.all(
      Object.entries(files).map(
        async ([name, bytes]) =>
          [name.replace('.', '_'), await host.store(bytes, name, kinds[name.slice(-3)]!)] as const,
      ),
    ),
  );
  return { items: [{ json: {}, binary }] };
}

const read = (name: string) => dropbox.files.read(`/Reports/North bridge/${name}`);

describe('Report: Submit without metadata', () => {
  it('delivers copies in which nothing is left, and names both hashes', async () => {
    const given = await item({ 'a.jpg': photo, 'b.mp4': video });
    const [report] = json(await run('report', 'submit', { ...parameters, options: { metadata: 'remove' } }, given));
    expect(mismatches(outputSchema('report', 'submit'), report)).toEqual([]);
    const files = report!['files'] as IDataObject[];
    for (const [at, bytes] of [photo, video].entries()) {
      const { name, sha256: digest, derivedFrom } = files[at + 1]!;
      const copy = await read(String(name));
      expect(copy.includes(canary)).toBe(false);
      expect(sha256(copy)).toBe(digest);
      expect(derivedFrom).toEqual({ sha256: sha256(bytes), size: bytes.length, change: 'metadata-removed' });
    }
    expect((await read('b.mp4')).length).toBe(video.length);
    expect(json(await run('report', 'verify', { path: path('/Reports/North bridge') }))[0]).toMatchObject({
      holds: true,
      differences: [],
    });
    for (const { display: place } of dropbox.files.list().filter(({ kind }) => kind === 'file'))
      expect([place, (await dropbox.files.read(place)).includes(canary)]).toEqual([place, false]);
  });

  it('sends files as they are unless it is asked for', async () => {
    await run('report', 'submit', parameters, await item({ 'a.jpg': photo }));
    expect(await read('a.jpg')).toEqual(Buffer.from(photo));
  });

  it('refuses a report with a file that cannot go so, in one sentence, and sends nothing', async () => {
    const given = await item({ 'a.jpg': photo, 'c.pdf': note });
    await expect(run('report', 'submit', { ...parameters, options: { metadata: 'remove' } }, given)).rejects.toThrow(
      /"c\.pdf" cannot be sent without metadata: they cannot be removed from files of this type/,
    );
    expect(dropbox.files.list().filter(({ display }) => /North bridge/.test(display))).toEqual([]);
  });

  it('sends a file as it is, where that is chosen, when the removal could not be proved', async () => {
    const stubborn = filmWith({ samples: `Exif\0\0II*\0${canary}` });
    const given = await item({ 'd.mp4': stubborn });
    await run('report', 'submit', { ...parameters, options: { metadata: 'removeWherePossible' } }, given);
    expect(await read('d.mp4')).toEqual(Buffer.from(stubborn));
  });

  it('is not offered in silence for a stored report, which goes as it was saved', async () => {
    for (const operation of ['submit', 'submitLater'])
      await expect(
        run('report', operation, { what: 'stored', report: '01J', options: { metadata: 'remove' } }, await item({})),
      ).rejects.toThrow(/Without Metadata changes nothing in a stored report/);
  });

  it('sends such a file as it is where that is chosen', async () => {
    const given = await item({ 'a.jpg': photo, 'c.pdf': note });
    await run('report', 'submit', { ...parameters, options: { metadata: 'removeWherePossible' } }, given);
    expect((await read('a.jpg')).includes(canary)).toBe(false);
    expect(await read('c.pdf')).toEqual(Buffer.from(note));
  });
});
