import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { INodeType } from 'n8n-workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packN8n, type Variant } from '../../.config/buildN8n.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;

beforeAll(async () => {
  // Below the repository, so that what is unpacked finds n8n-workflow, as it does inside n8n.
  await mkdir(join(root, 'build'), { recursive: true });
  folder = await mkdtemp(join(root, 'build', 'packages-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Manifest {
  readonly name: string;
  readonly n8n: { readonly nodes: readonly string[]; readonly credentials: readonly string[] };
}

async function unpacked(variant: Variant): Promise<{ at: string; manifest: Manifest; nodes: INodeType[] }> {
  const made = await mkdtemp(join(folder, `${variant}-`));
  await promisify(execFile)('tar', ['-xzf', await packN8n(made, variant), '-C', made]);
  const at = join(made, 'package');
  const manifest = JSON.parse(await readFile(join(at, 'package.json'), 'utf8')) as Manifest;
  const load = createRequire(join(at, 'package.json'));
  const nodes = manifest.n8n.nodes.map((file) => {
    const name = basename(file, '.node.js');
    return new (load(`./${file}`) as Record<string, new () => INodeType>)[name]!();
  });
  return { at, manifest, nodes };
}

const filesBelow = async (at: string) =>
  (await readdir(at, { recursive: true, withFileTypes: true })).filter((it) => it.isFile()).map(({ name }) => name);

describe('the package of every connection', () => {
  it('leads from its README to where the repository is read, and carries nothing of how it is developed', async () => {
    const { at, manifest } = await unpacked('whole');
    const readme = await readFile(join(at, 'README.md'), 'utf8');
    expect(readme).toContain('](https://github.com/dossier-reports/dossier/blob/main/docs/n8n.md)');
    expect(readme).toMatch(/!\[[^\]]+\]\(https:\/\/github\.com\/dossier-reports\/dossier\/raw\/main\/[\w/-]+\.png\)/);
    expect(readme).not.toMatch(/\]\((?!https:|#)/);
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).not.toHaveProperty('scripts');
  });
});

describe('the package of Dropbox alone', () => {
  it('offers no other connection, asks for no other credential, and speaks of no other service', async () => {
    const { manifest, nodes } = await unpacked('dropbox');
    expect(manifest.name).toBe('n8n-nodes-dossier-dropbox');
    expect(nodes.map(({ description }) => description.name)).toEqual(['dossier', 'dossierTrigger']);
    for (const { description } of nodes) {
      const choices = description.properties.filter(({ name, type }) => name === 'connection' && type === 'options');
      const offered = choices.map((choice) => [
        choice.default,
        (choice.options as { value: string }[]).map((o) => o.value),
      ]);
      for (const each of offered)
        expect([
          ['dropboxOAuth2', ['dropboxOAuth2', 'dropboxToken']],
          [
            'dropboxOAuth2>dropboxOAuth2',
            ['dropboxOAuth2', 'dropboxToken'].flatMap((from) =>
              ['dropboxOAuth2', 'dropboxToken'].map((to) => `${from}>${to}`),
            ),
          ],
        ]).toContainEqual(each);
      expect(JSON.stringify(description).match(/[^."]*(?:Nextcloud|WebDAV|nextcloud|webdav)[^."]*/g)).toBeNull();
      for (const { name } of description.credentials ?? [])
        expect(manifest.n8n.credentials.join()).toContain(`/${name[0]!.toUpperCase()}${name.slice(1)}.credentials.js`);
    }
  });

  it('ships the credentials and examples of Dropbox and no others, under its own name', async () => {
    const { at, manifest } = await unpacked('dropbox');
    const names = await filesBelow(at);
    expect(names.filter((name) => /Nextcloud|Webdav/i.test(name))).toEqual([]);
    expect(manifest.n8n.credentials.map((file) => basename(file, '.credentials.js')).sort()).toEqual([
      'DossierDropboxApi',
      'DossierDropboxOAuth2Api',
      'DossierKeyApi',
    ]);
    const examples = join(at, 'dist/nodes/Dossier/examples');
    const files = await readdir(examples);
    expect(files).toContain('submitFromWebhook.json');
    for (const file of files) {
      const text = await readFile(join(examples, file), 'utf8');
      expect(text).toContain('"n8n-nodes-dossier-dropbox.');
      expect(text).not.toContain('"n8n-nodes-dossier.');
    }
  });
});
