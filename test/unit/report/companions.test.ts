import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkFolder, DossierError, type Drive, driveFolder, parsePath, utf8 } from '../../../shared/index.ts';
import { checkReport } from '../../../shared/report/check/checkReport.ts';
import { checksumBytes } from '../../../shared/report/content/checksums.ts';
import { decodeDescription, encodeDescription } from '../../../shared/report/content/description.ts';
import { digestsOf, submit } from '../../../shared/testing.ts';
import { deliveredNames } from '../../deliveredNames.ts';
import { type DropboxEmulator, startDropboxEmulator } from '../../emulators/dropbox/index.ts';
import { openDropbox } from '../../support/dropbox.ts';
import { contentOf, createScene, paths, type Scene, textOf } from './submitting.ts';

const folder = '/Reports/Flood at the mill';

const check = (drive: Drive, path = folder) => checkReport(driveFolder(drive, { path: parsePath(path) }));

async function delivered(more: Parameters<Scene['order']>[0] = {}, names?: readonly string[]): Promise<Scene> {
  const scene = createScene(names ? { names } : {});
  await submit(scene.order(more));
  return scene;
}

/** As somebody with write access would. */
async function overwrite({ drive }: Scene, name: string, content: Uint8Array): Promise<void> {
  await drive.remove({ path: parsePath(`${folder}/${name}`) });
  await drive.upload({ folder: { path: parsePath(folder) }, name }, content, digestsOf(content));
}

describe('what lies beside every report', () => {
  test('says who submitted it and when, and that a receipt is part of it', async () => {
    const scene = await delivered({ submittedBy: 'Anna Example', append: async () => ({ receipt: '{}' }) });
    const graph = JSON.parse(await textOf(scene.drive, folder, 'ro-crate-metadata.json'))['@graph'] as Record<
      string,
      unknown
    >[];
    const entity = (id: string) => graph.find((one) => one['@id'] === id);
    expect(entity('./')).toMatchObject({
      name: 'Flood at the mill',
      description: 'Water rose by 2 m.',
      datePublished: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      creator: { '@id': '#submitter' },
    });
    expect(entity('#submitter')).toMatchObject({ name: 'Anna Example' });
    expect(entity('photo.jpg')).toMatchObject({ contentSize: '1000', encodingFormat: 'application/octet-stream' });
    expect(entity('dossier.sigstore.json')).toBeDefined();
    expect(await check(scene.drive)).toMatchObject({ differences: [], right: 7 });
  });

  test('names nobody and no receipt unless there is one', async () => {
    const scene = await delivered();
    const crate = await textOf(scene.drive, folder, 'ro-crate-metadata.json');
    expect(crate).not.toMatch(/creator|sigstore/);
    expect(await check(scene.drive)).toMatchObject({ differences: [], right: 7, title: 'Flood at the mill' });
  });

  test('attachments of these names get a number', async () => {
    const scene = await delivered({}, ['sha256sums', 'RO-Crate-Metadata.json', 'SHA256SUMS']);
    expect(await paths(scene.drive)).toEqual(
      [
        folder,
        ...deliveredNames(['RO-Crate-Metadata 1.json', 'SHA256SUMS 2', 'sha256sums 1']).map(
          (name) => `${folder}/${name}`,
        ),
      ].sort(),
    );
    expect((await check(scene.drive)).differences).toEqual([]);
  });

  test('tells of the names that the destination took, where it refused others', async () => {
    const scene = createScene({ names: ['photo é.jpg', 'plain.txt'] });
    const drive: Drive = {
      ...scene.drive,
      upload: async (target, ...rest) => {
        if (target.name.includes('é')) throw new DossierError('invalid-path');
        return scene.drive.upload(target, ...rest);
      },
      commit: async (commits, context) => {
        const refused = commits.map(({ session }) => session.target.name.includes('é'));
        const taken = await scene.drive.commit(
          commits.filter((_, at) => !refused[at]),
          context,
        );
        return refused.map((no) =>
          no ? { ok: false as const, error: new DossierError('invalid-path') } : taken.shift()!,
        );
      },
    };
    await submit(scene.order({ drive }));
    expect(await textOf(scene.drive, folder, 'SHA256SUMS')).toContain('  photo e.jpg\n');
    expect((await check(scene.drive)).differences).toEqual([]);
  });

  test('tells of the name that an attachment got because somebody has taken its own', async () => {
    const scene = createScene();
    const drive: Drive = {
      ...scene.drive,
      async createFolder(parent, name, context) {
        const made = await scene.drive.createFolder(parent, name, context);
        if (name === 'Flood at the mill')
          await scene.drive.upload({ folder: made, name: 'photo.jpg' }, utf8('theirs'), digestsOf(utf8('theirs')));
        return made;
      },
    };
    await submit(scene.order({ drive }));
    expect((await check(scene.drive)).differences).toEqual([{ path: 'photo.jpg', how: 'added' }]);
  });

  test('any change is named', async () => {
    for (const name of deliveredNames(['photo.jpg', 'video.mp4']).filter((one) => one !== 'dossier.json')) {
      const scene = await delivered();
      const before = await contentOf(scene.drive, folder, name);
      await overwrite(scene, name, before.with(before.length - 2, before[before.length - 2]! ^ 1));
      expect((await check(scene.drive)).differences).toEqual([{ path: name, how: 'changed' }]);
      await scene.drive.remove({ path: parsePath(`${folder}/${name}`) });
      expect((await check(scene.drive)).differences).toEqual([{ path: name, how: 'missing' }]);
    }
  });

  test('half of a character in a description, which no file can hold, changes nothing', async () => {
    const scene = createScene({ description: 'Water \ud83d' });
    await submit(scene.order());
    expect((await check(scene.drive)).differences).toEqual([]);
  });

  test('who lays the declaration of a bag beside a report hides nothing by it', async () => {
    const scene = await delivered();
    await overwrite(scene, 'photo.jpg', utf8('another'));
    const at = { folder: { path: parsePath(folder) }, name: 'bagit.txt' };
    const declaration = utf8('BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n');
    await scene.drive.upload(at, declaration, digestsOf(declaration));
    const looked = await checkFolder(driveFolder(scene.drive, { path: parsePath(folder) }));
    expect(looked.kind).toBe('report');
    expect(looked.differences).toEqual(
      expect.arrayContaining([
        { path: 'photo.jpg', how: 'changed' },
        { path: 'bagit.txt', how: 'added' },
      ]),
    );
  });

  test.each(['utf-16', 'utf-16le', 'shift_jis', 'utf-8'])('a description in %s is as it was sent', async (encoding) => {
    const { bytes, encoding: used } = encodeDescription('Wasser', encoding);
    expect(decodeDescription(bytes, used)).toBe('Wasser');
  });

  test('a report of an older version has neither, and is whole', async () => {
    const scene = await delivered();
    const { companions: _companions, ...old } = JSON.parse(await textOf(scene.drive, folder, 'dossier.json'));
    await overwrite(scene, 'dossier.json', utf8(JSON.stringify(old)));
    for (const name of ['SHA256SUMS', 'ro-crate-metadata.json'])
      await scene.drive.remove({ path: parsePath(`${folder}/${name}`) });
    expect(await check(scene.drive)).toMatchObject({ differences: [], right: 5 });
  });
});

describe('a report that is begun with recording and gone on with without, or the other way round', () => {
  const receipt = async () => ({ receipt: '{}' });
  const companions = async ({ drive }: Scene) =>
    (JSON.parse(await textOf(drive, folder, 'dossier.json')) as { companions: string[] }).companions;
  /** Fails once all but the manifest has arrived. */
  const blind = ({ drive }: Scene): Drive => ({
    ...drive,
    list: () => {
      throw new DossierError('forbidden');
    },
  });
  /** The manifest may have arrived. */
  const unanswered = ({ drive }: Scene): Drive => ({
    ...drive,
    upload: async (target, ...rest) => {
      const uploaded = await drive.upload(target, ...rest);
      if (target.name === 'dossier.json') throw new DossierError('forbidden');
      return uploaded;
    },
  });

  test.each([
    ['with', receipt, undefined, 7, []],
    ['without', undefined, receipt, 7, ['dossier.sigstore.json']],
  ] as const)('begun %s: names a receipt only where one is made', async (_begun, first, second, right, more) => {
    const scene = createScene();
    await expect(submit(scene.order({ append: first, drive: blind(scene) }))).rejects.toThrow();
    await submit(scene.order({ append: second }));
    expect(await companions(scene)).toEqual(['SHA256SUMS', 'ro-crate-metadata.json', ...more]);
    expect(await paths(scene.drive)).toEqual(
      [
        folder,
        ...[...deliveredNames(['empty.txt', 'photo.jpg', 'video.mp4']), ...more].map((name) => `${folder}/${name}`),
      ].sort(),
    );
    expect(await check(scene.drive)).toMatchObject({ differences: [], right });
  });

  test('says what is missing once the manifest may name a receipt, and ends whole with it', async () => {
    const scene = createScene();
    await expect(submit(scene.order({ append: receipt, drive: unanswered(scene) }))).rejects.toThrow();
    await expect(submit(scene.order())).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('with recording in the ledger'),
    });
    await submit(scene.order({ append: receipt }));
    expect(await check(scene.drive)).toMatchObject({ differences: [], right: 7 });
  });

  test('lays a receipt that it has already, also where nothing is to be recorded', async () => {
    const scene = createScene();
    const drive: Drive = {
      ...scene.drive,
      upload: async (target, ...rest) => {
        if (target.name === 'dossier.sigstore.json') throw new DossierError('forbidden');
        return scene.drive.upload(target, ...rest);
      },
    };
    await expect(submit(scene.order({ append: receipt, drive }))).rejects.toThrow();
    await submit(scene.order());
    expect(await check(scene.drive)).toMatchObject({ differences: [], right: 7 });
  });
});

describe('on Dropbox', () => {
  let dropbox: DropboxEmulator;
  beforeAll(async () => void (dropbox = await startDropboxEmulator()));
  afterAll(() => dropbox.close());

  test('they cost no request: all but the manifest goes in one batch', async () => {
    const scene = createScene({ names: ['photo.jpg', 'video.mp4'] });
    const drive = openDropbox(dropbox, { clock: scene.clock });
    await drive.account();
    await submit(scene.order({ drive }));
    dropbox.requests.reset();
    await submit(createScene({ names: ['photo.jpg', 'video.mp4'], title: 'Again' }).order({ drive }));
    // The first attachment is empty and goes by itself, as it did.
    expect(dropbox.requests.list.map(({ route }) => route).sort()).toEqual([
      'files/create_folder_v2',
      'files/get_metadata',
      'files/list_folder',
      'files/upload',
      'files/upload',
      'files/upload_session/append_batch',
      'files/upload_session/finish_batch_v2',
      'files/upload_session/start_batch',
    ]);
    expect((await check(drive, '/Reports/Again')).differences).toEqual([]);
  });
});

describe('SHA256SUMS', () => {
  test('is what sha256sum reads, whatever the names', () => {
    const place = mkdtempSync(join(tmpdir(), 'dossier-sums-'));
    const names = [
      'two  words',
      ' first',
      'back\\slash',
      'line\nbreak',
      'carriage\rreturn',
      'größe 写真.jpg',
      '*star',
      '-dash',
    ];
    for (const name of names) writeFileSync(join(place, name), name);
    const files = names.map((name) => ({ name, sha256: digestsOf(utf8(name)).sha256 }));
    writeFileSync(join(place, 'SHA256SUMS'), checksumBytes(files));
    const said = execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: place }).toString();
    expect(said.match(/: OK$/gm)).toHaveLength(names.length);
    rmSync(place, { recursive: true });
  });
});
