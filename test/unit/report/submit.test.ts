import { describe, expect, test } from 'vitest';
import {
  DossierError,
  type Drive,
  parsePath,
  type Submission,
  type SubmitEvent,
  sha256Hex,
  utf8,
} from '../../../shared/index.ts';
import { createDeliveryJournal, submit, type UploadTarget } from '../../../shared/testing.ts';
import { deliveredNames } from '../../deliveredNames.ts';
import { seededBytes } from '../../support/seeded.ts';
import { contentOf, createScene, listing, paths, root, textOf } from './submitting.ts';

const folder = '/Reports/Flood at the mill';

describe('submitting a report', () => {
  test('the folder holds description, attachments and manifest (A10, P1)', async () => {
    const scene = createScene();
    const events: SubmitEvent[] = [];
    const submission = await submit(scene.order({ onEvent: (event) => events.push(event) }));
    expect(submission.destination.path).toBe(folder);
    expect(await paths(scene.drive)).toEqual([
      folder,
      ...deliveredNames(['empty.txt', 'photo.jpg', 'video.mp4']).map((name) => `${folder}/${name}`),
    ]);
    expect(await textOf(scene.drive, folder, 'description.txt')).toBe('Water rose by 2 m.');
    const manifest = JSON.parse(await textOf(scene.drive, folder, 'dossier.json')) as {
      files: { name: string; sha256: string; size: number }[];
    };
    expect(manifest).toMatchObject({
      dossier: 1,
      report: scene.report.id,
      title: 'Flood at the mill',
      descriptionEncoding: 'utf-8',
    });
    expect(manifest.files.map(({ name }) => name)).toEqual(['description.txt', 'empty.txt', 'photo.jpg', 'video.mp4']);
    for (const { name, sha256, size } of manifest.files) {
      const stored = await contentOf(scene.drive, folder, name);
      expect([sha256Hex(stored), stored.length]).toEqual([sha256, size]);
    }
    expect(events.filter(({ type }) => type === 'delivered')).toHaveLength(3);
    expect(events.at(-1)).toEqual({ type: 'complete' });
  });

  test('the manifest is written after everything else', async () => {
    const scene = createScene();
    const written: string[] = [];
    const drive: Drive = {
      ...scene.drive,
      upload: async (target, ...rest) => scene.drive.upload(target, ...rest).finally(() => written.push(target.name)),
      commit: async (commits, context) =>
        scene.drive
          .commit(commits, context)
          .finally(() => written.push(...commits.map(({ session }) => session.target.name))),
    };
    await submit(scene.order({ drive }));
    expect(written.at(-1)).toBe('dossier.json');
    expect(written).toHaveLength(7);
  });

  test('doing it again sends nothing and makes no second report (P3)', async () => {
    const scene = createScene();
    const first = await submit(scene.order());
    const before = await listing(scene.drive);
    const silent: Drive = {
      ...scene.drive,
      upload: refuse,
      startUploads: refuse,
      append: refuse,
      commit: refuse,
      createFolder: refuse,
    };
    expect(await submit(scene.order({ drive: silent }))).toEqual(first);
    expect(await listing(scene.drive)).toEqual(before);
  });

  test('a destination that refuses the name gets one of plain letters, and the title stays in the manifest', async () => {
    const scene = createScene();
    const report = { ...scene.report, title: 'Überflutung bei Łódź' };
    const asked: string[] = [];
    const drive: Drive = {
      ...scene.drive,
      createFolder: async (parent, name, context) => {
        asked.push(name);
        if (/[^ -~]/.test(name)) throw new DossierError('invalid-path', 'The name is refused');
        return scene.drive.createFolder(parent, name, context);
      },
    };
    const submission = await submit(scene.order({ drive, report }));
    expect(asked[0]).toBe('Überflutung bei Łódź');
    expect(submission.destination.path).toBe('/Reports/Uberflutung bei odz');
    expect(submission.manifest.title).toBe('Überflutung bei Łódź');
  });

  test('a title that is taken gets a number, whatever lies there', async () => {
    const scene = createScene();
    await scene.drive.createFolder({ path: parsePath('/') }, 'Reports');
    await scene.drive.createFolder(root, 'Flood at the mill');
    await scene.drive.upload({ folder: root, name: 'Flood at the mill 1' }, utf8('a file'), digests('a file'));
    expect((await submit(scene.order())).destination.path).toBe(`${folder} 2`);
    expect(await textOf(scene.drive, '/Reports', 'Flood at the mill 1')).toBe('a file');
  });

  test('hostile and equal names are made safe and told apart; the manifest keeps what was given', async () => {
    const names = [
      '../../etc/passwd',
      'photo.jpg',
      'PHOTO.JPG',
      'dossier.json',
      'Description.TXT',
      'a\u202egnp.exe',
      'con',
      '...',
      'dossier.sigstore.json',
      'x'.repeat(400) + '.bin',
    ];
    const scene = createScene({ names, title: '../..\\Über: "all"?' });
    const { manifest, destination } = await submit(scene.order());
    expect((await paths(scene.drive, '/')).every((path) => path === '/Reports' || path.startsWith('/Reports/'))).toBe(
      true,
    );
    const stored = (await listing(scene.drive, destination.path)).map(({ name }) => name.toLowerCase());
    expect(new Set(stored).size).toBe(names.length + 4);
    expect(manifest.title).toBe('../..\\Über: "all"?');
    const attachments = manifest.files.slice(1);
    expect(attachments.map(({ name, originalName }) => originalName ?? name)).toEqual(names);
    expect(attachments.map(({ name }) => name).slice(1, 5)).toEqual([
      'photo.jpg',
      'PHOTO 1.JPG',
      'dossier 1.json',
      'Description 1.TXT',
    ]);
    for (const { name } of attachments) expect(name).not.toMatch(/[/\\:*?"<>|\u202e]|^\.+$/);
  });

  test('the description is in the encoding of the connection, and in UTF-8 where that would lose a letter', async () => {
    const latin = createScene({ description: 'Größe: 2 m' });
    const first = await submit(latin.order({ encoding: 'windows-1252' }));
    expect([...(await contentOf(latin.drive, first.destination.path, 'description.txt'))].slice(0, 5)).toEqual([
      0x47, 0x72, 0xf6, 0xdf, 0x65,
    ]);
    expect(first.manifest.descriptionEncoding).toBe('windows-1252');
    const cyrillic = createScene({ description: 'Наводнение' });
    const second = await submit(cyrillic.order({ encoding: 'windows-1252' }));
    expect(await textOf(cyrillic.drive, second.destination.path, 'description.txt')).toBe('Наводнение');
    expect(second.manifest.descriptionEncoding).toBe('utf-8');
    await expect(submit(createScene().order({ encoding: 'klingon' }))).rejects.toMatchObject({ code: 'invalid-input' });
  });

  test('one attachment that cannot be read does not keep the others back, and the report is not complete (P1)', async () => {
    const scene = createScene();
    const events: SubmitEvent[] = [];
    scene.originals.bytes.delete('a1');
    await expect(submit(scene.order({ onEvent: (event) => events.push(event) }))).rejects.toMatchObject({
      code: 'source-missing',
    });
    expect(events).toContainEqual(expect.objectContaining({ type: 'failed', attachment: 'a1' }));
    expect(await paths(scene.drive)).toEqual(
      ['', '/description.txt', '/empty.txt', '/video.mp4'].map((end) => folder + end),
    );
  });

  test.each([
    ['longer', (bytes: Uint8Array) => new Uint8Array([...bytes, 1])],
    ['shorter', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['another first byte', (bytes: Uint8Array) => bytes.with(0, bytes[0]! ^ 1)],
  ])('a source that changed since it was attached (%s) stops before the manifest', async (_how, change) => {
    const scene = createScene();
    scene.originals.bytes.set('a2', change(scene.originals.bytes.get('a2')!));
    await expect(submit(scene.order())).rejects.toMatchObject({ code: 'source-changed' });
    expect(await paths(scene.drive)).not.toContain(`${folder}/dossier.json`);
  });

  test('a file name that somebody else takes in our folder is left to them (P4)', async () => {
    const scene = createScene();
    const drive: Drive = {
      ...scene.drive,
      async createFolder(parent, name, context) {
        const made = await scene.drive.createFolder(parent, name, context);
        if (name === 'Flood at the mill')
          await scene.drive.upload({ folder: made, name: 'photo.jpg' }, utf8('theirs'), digests('theirs'));
        return made;
      },
    };
    const { manifest } = await submit(scene.order({ drive }));
    expect(manifest.files.map(({ name }) => name)).toEqual([
      'description.txt',
      'empty.txt',
      'photo 1.jpg',
      'video.mp4',
    ]);
    expect(await textOf(scene.drive, folder, 'photo.jpg')).toBe('theirs');
  });

  test('a folder whose description or manifest somebody else writes is left to them', async () => {
    for (const name of ['description.txt', 'dossier.json']) {
      const scene = createScene();
      let theirs: Promise<unknown> | undefined;
      const intrude = (targets: readonly UploadTarget[]) => {
        const target = targets.find((other) => other.name === name);
        if (target) theirs ??= scene.drive.upload(target, utf8('theirs'), digests('theirs'));
        return theirs;
      };
      const drive: Drive = {
        ...scene.drive,
        upload: async (target, ...rest) => {
          await intrude([target]);
          return scene.drive.upload(target, ...rest);
        },
        commit: async (commits, context) => {
          await intrude(commits.map(({ session }) => session.target));
          return scene.drive.commit(commits, context);
        },
      };
      expect((await submit(scene.order({ drive }))).destination.path).toBe(`${folder} 1`);
      expect(await textOf(scene.drive, folder, name)).toBe('theirs');
    }
  });

  test('a folder or a file that is taken away while the report is paused is sent again', async () => {
    const scene = createScene();
    scene.originals.bytes.delete('a2');
    const kept = scene.report.attachments[2]!;
    await expect(submit(scene.order())).rejects.toMatchObject({ code: 'source-missing' });
    await scene.drive.remove({ path: parsePath(`${folder}/photo.jpg`) });
    scene.originals.attach('a2', kept.name, seededBytes(70_000, 'video.mp4 2'));
    await submit(scene.order());
    expect(await paths(scene.drive)).toContain(`${folder}/photo.jpg`);

    const other = createScene();
    other.originals.bytes.delete('a1');
    await expect(submit(other.order())).rejects.toMatchObject({ code: 'source-missing' });
    await other.drive.remove({ path: parsePath(folder) });
    other.originals.attach('a1', 'photo.jpg', seededBytes(1000, 'photo.jpg 1'));
    expect((await submit(other.order())).destination.path).toBe(folder);
    expect(await paths(other.drive)).toHaveLength(8);
  });

  test('the ledger is told once the manifest is there, once, and its receipt lies beside it', async () => {
    const scene = createScene();
    const told: Submission[] = [];
    const append = async (submission: Submission) => {
      expect(await paths(scene.drive)).toContain(`${folder}/dossier.json`);
      told.push(submission);
      return { receipt: '{"mediaType":"receipt"}\n' };
    };
    await submit(scene.order({ append }));
    await submit(scene.order({ append }));
    expect(told).toHaveLength(1);
    expect(told[0]!.files).toHaveLength(4);
    expect(await textOf(scene.drive, folder, 'dossier.sigstore.json')).toBe('{"mediaType":"receipt"}\n');
  });

  test('a ledger that fails keeps the report from being submitted; the next attempt sends no file again', async () => {
    const scene = createScene();
    const broken = () => Promise.reject(new DossierError('ledger-broken'));
    await expect(submit(scene.order({ append: broken }))).rejects.toMatchObject({ code: 'ledger-broken' });
    const before = await listing(scene.drive);
    await submit(scene.order({ append: async () => ({}) }));
    expect(await listing(scene.drive)).toEqual(before);
  });
});

describe('a folder whose creation was not answered', () => {
  const lossy = (scene: ReturnType<typeof createScene>, lose: number): Drive => {
    let left = lose;
    return {
      ...scene.drive,
      async createFolder(parent, name, context) {
        const made = await scene.drive.createFolder(parent, name, context);
        if (name === 'Flood at the mill' && left-- > 0) throw new DossierError('timeout');
        return made;
      },
    };
  };

  test('is recognised as ours when it is empty, and no claim is left in it', async () => {
    const scene = createScene();
    const { destination } = await submit(scene.order({ drive: lossy(scene, 1) }));
    expect(destination.path).toBe(folder);
    expect((await paths(scene.drive)).filter((path) => path.includes('.dossier-'))).toEqual([]);
    expect(await paths(scene.drive)).toHaveLength(8);
  });

  test('is left alone when something lies in it', async () => {
    const scene = createScene();
    const drive: Drive = {
      ...scene.drive,
      async createFolder(parent, name, context) {
        if (name === 'Flood at the mill') {
          const theirs = await scene.drive.createFolder(parent, name, context);
          await scene.drive.upload({ folder: theirs, name: 'theirs.txt' }, utf8('theirs'), digests('theirs'));
          throw new DossierError('timeout');
        }
        return scene.drive.createFolder(parent, name, context);
      },
    };
    expect((await submit(scene.order({ drive }))).destination.path).toBe(`${folder} 1`);
    expect((await listing(scene.drive, folder)).map(({ name }) => name)).toEqual(['theirs.txt']);
  });

  test('that two reports of one title both take for theirs ends in two folders', async () => {
    const first = createScene();
    const second = createScene();
    // The second report finds the folder of the first, empty, just when its own creation was not answered.
    let claimed = false;
    const drive: Drive = {
      ...first.drive,
      async createFolder(parent, name, context) {
        const made = await first.drive.createFolder(parent, name, context);
        if (name === 'Flood at the mill' && !claimed) {
          claimed = true;
          const journal = createDeliveryJournal(second.state, second.report.id, (changes) =>
            second.state.commit(changes),
          );
          await journal.save({
            schema: 1,
            sent: 1,
            attempt: 0,
            creating: true,
            names: { a0: 'empty.txt', a1: 'photo.jpg', a2: 'video.mp4' },
          });
          await submit({ ...second.order(), drive: first.drive });
        }
        return made;
      },
    };
    const { destination } = await submit({ ...first.order(), drive, journal: first.order().journal });
    const folders = (await listing(first.drive)).filter(({ type }) => type === 'folder').map(({ path }) => path);
    expect(folders.filter((path) => path.includes('.dossier-'))).toEqual([]);
    const manifests = (await paths(first.drive)).filter((path) => path.endsWith('dossier.json'));
    expect(manifests).toHaveLength(2);
    expect(destination.path).not.toBe(folder);
    const counts = manifests.map(
      async (manifest) => (await listing(first.drive, manifest.slice(0, -'/dossier.json'.length))).length,
    );
    // The records of the second were begun by an older version, which laid no checksums and no crate beside.
    expect((await Promise.all(counts)).sort()).toEqual([5, 7]);
  });
});

async function refuse(): Promise<never> {
  throw new Error('Nothing is to be sent');
}

function digests(text: string) {
  return { sha256: sha256Hex(utf8(text)), dropboxContentHash: '' };
}
