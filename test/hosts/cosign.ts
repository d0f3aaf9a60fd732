import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeFailure } from '../../.config/installing/failure.mjs';
import { step } from '../../.config/installing/step.mjs';
import { cached } from './cache.ts';
import { CommandError, runCommand } from './command.ts';
import { ensureDebian, updatePackageLists } from './debian.ts';

const fetching = 'Fetching cosign from Debian sid';

/**
 * Unpacks `cosign` from Debian sid into the cache and returns the program; older Debians do not have it.
 * Sid's package lists are kept apart, so the machine's own sources and packages stay as they are.
 */
export async function ensureCosign(): Promise<string> {
  await ensureDebian(['debian-archive-keyring', 'ca-certificates']);
  const folder = await cached(join('tools', 'cosign-sid'), (unfinished) =>
    step(fetching, () => unpackFromSid(unfinished)).catch((error: unknown) => {
      throw error instanceof CommandError ? new Error(describeFailure(fetching, 'apt', error.said)) : error;
    }),
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
export async function debianMirror(): Promise<string> {
  const mirror = async () =>
    (await runCommand('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Origin: Debian', 'Label: Debian'])).split(
      '\n',
    )[0];
  let failure: unknown;
  // Of many sources one may fail that is not Debian's.
  const refresh = () => updatePackageLists().catch((error: unknown) => (failure = error));
  const found = (await mirror()) || (await refresh().then(mirror));
  if (found) return found;
  if (failure instanceof CommandError)
    throw new Error(describeFailure('Reading the package lists', 'apt', failure.said));
  throw new Error(
    'This machine has no Debian mirror in its apt sources, and cosign comes from there. Add one and try again.',
  );
}
