import { describe, expect, test } from 'vitest';
import { digestsOf, parsePath, sha256Hex, submit, type SubmitEvent, utf8 } from '../../../shared/index.ts';
import { contentOf, createScene, paths, root, textOf } from './submitting.ts';

describe('submitting a report', () => {
  test('the folder holds description, attachments and manifest (A10, P1)', async () => {
    const scene = createScene();
    const events: SubmitEvent[] = [];
    const submission = await submit(scene.order({ onEvent: (event) => events.push(event) }));
    const folder = '/Reports/Flood at the mill';
    expect(submission.destination.path).toBe(folder);
    expect(await paths(scene.drive)).toEqual(['', '/description.txt', '/dossier.json', '/empty.txt', '/photo.jpg', '/video.mp4'].map((end) => folder + end));
    expect(await textOf(scene.drive, folder, 'description.txt')).toBe('Water rose by 2 m.');
    const manifest = JSON.parse(await textOf(scene.drive, folder, 'dossier.json')) as { report: string; title: string; files: { name: string; sha256: string }[] };
    expect(manifest).toMatchObject({ dossier: 1, report: scene.report.id, title: 'Flood at the mill', descriptionEncoding: 'utf-8' });
    expect(manifest.files.map(({ name }) => name)).toEqual(['description.txt', 'empty.txt', 'photo.jpg', 'video.mp4']);
    for (const { name, sha256 } of manifest.files) expect(sha256Hex(await contentOf(scene.drive, folder, name))).toBe(sha256);
    expect(events.filter(({ type }) => type === 'delivered')).toHaveLength(3);
    expect(events.at(-1)).toEqual({ type: 'complete' });
  });
});
