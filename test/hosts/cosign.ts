import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { runCommand } from './command.ts';
import { ensureDebian, updatePackageLists } from './debian.ts';
import { step } from './progress.ts';

/**
 * Unpacks `cosign` from Debian sid into the cache and returns the program; older Debians do not have it.
 * Sid's package lists are kept apart, so the machine's own sources and packages stay as they are.
 */
export async function ensureCosign(): Promise<string> {
  await ensureDebian(['debian-archive-keyring', 'ca-certificates']);
  const folder = await cached(join('tools', 'cosign-sid'), (unfinished) =>
    step('Fetching cosign from Debian sid', () => unpackFromSid(unfinished)),
  );
  return join(folder, 'root', 'usr', 'bin', 'cosign');
}

async function unpackFromSid(folder: string): Promise<void> {
  const sources = join(folder, 'sources');
  const lists = join(folder, 'lists');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(sources);
  await writeFile(
    join(sources, 'sid.sources'),
    `Types: deb\nURIs: ${await debianMirror()}\nSuites: sid\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
  );
  const options = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': sources,
    'Dir::State::Lists': lists,
    'Dir::Cache': folder,
    // Root's downloads are made by another user, who cannot write here.
    'APT::Sandbox::User': 'root',
  };
  const apt = (...args: string[]) =>
    runCommand('apt-get', [...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]), ...args], {
      cwd: folder,
    });
  await apt('update');
  await apt('download', 'cosign');
  const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  if (archive === undefined) throw new Error('Debian sid did not deliver the package cosign.');
  await runCommand('dpkg', ['-x', join(folder, archive), join(folder, 'root')]);
  await Promise.all([lists, join(folder, archive)].map((path) => rm(path, { recursive: true })));
}

/**
 * The Debian mirror that this machine is set up with; it goes by the name of Debian only once its package lists are
 * there.
 */
async function debianMirror(): Promise<string> {
  const mirror = async () =>
    (await runCommand('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Origin: Debian', 'Label: Debian'])).split(
      '\n',
    )[0];
  const found = (await mirror()) || (await updatePackageLists().then(mirror));
  if (!found)
    throw new Error(
      'This machine has no Debian mirror in its apt sources, and cosign comes from there. Add one and try again.',
    );
  return found;
}
