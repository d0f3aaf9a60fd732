import { fromUtf8, readBytes } from '../../core/bytes.ts';
import { DossierError } from '../../core/errors.ts';
import { type BagAlgorithm, createBagHasher, isBagAlgorithm } from '../../core/hashing.ts';
import { printable } from '../../core/paths.ts';
import { say } from '../../core/sentence.ts';
import { decodeBagName, demandWithin } from './bagNames.ts';
import type { Difference, FolderVerdict } from './difference.ts';
import type { FolderReader } from './folderReader.ts';

export const bagDeclaration = 'bagit.txt';
/** Bytes of one tag file that is read as a whole. */
const largestTagFile = 2 ** 26;
const versions = /^BagIt-Version: (0\.9[3-7]|1\.0)\r?\nTag-File-Character-Encoding: UTF-8\s*$/i;

type Manifests = ReadonlyMap<string, ReadonlyMap<BagAlgorithm, string>>;

/**
 * Checks a bag (BagIt, RFC 8493) whoever made it: every byte of every file that a manifest names, and that there is
 * nothing else in `data/`. Nothing is ever fetched: what `fetch.txt` names and is not there is missing. Codes:
 * `invalid-response` for what is no bag, or names files in a way that leads out of it.
 */
export async function checkBag(folder: FolderReader): Promise<FolderVerdict> {
  const found = new Map((await folder.list()).map(({ path, size }) => [path, size]));
  const text = async (path: string) => fromUtf8(await readBytes(folder.read(path), largestTagFile));
  if (!found.has(bagDeclaration) || !versions.test(await text(bagDeclaration)))
    throw new DossierError(
      'invalid-response',
      'This is no bag in UTF-8 of a version that is known (BagIt 0.93 to 1.0)',
    );
  const payload = await manifestsOf('manifest');
  const tags = await manifestsOf('tagmanifest');
  if (payload === undefined)
    throw new DossierError('invalid-response', 'The bag has no manifest of a kind that is known');
  const differences: Difference[] = [];
  let right = 0;
  for (const [path, digests] of [...payload, ...(tags ?? [])]) {
    if (!found.has(path)) differences.push({ path, how: 'missing' });
    else if (await holds(folder, path, digests)) right++;
    else differences.push({ path, how: 'changed' });
  }
  for (const path of found.keys())
    if (path.startsWith('data/') && !payload.has(path)) differences.push({ path, how: 'added' });
  const info = found.has('bag-info.txt') ? await text('bag-info.txt') : '';
  if (differences.length === 0 && !fitsOxum(info, found)) differences.push({ path: 'bag-info.txt', how: 'changed' });
  const title = /^External-Identifier:\s*(.*)$/im.exec(info)?.[1]?.trim() ?? '';
  return { kind: 'bag', title, right, differences };

  async function manifestsOf(prefix: string): Promise<Manifests | undefined> {
    const files = new Map<string, Map<BagAlgorithm, string>>();
    let known = false;
    for (const path of found.keys()) {
      const algorithm = /^(\w+)-(\w+)\.txt$/.exec(path);
      if (algorithm?.[1] !== prefix || !isBagAlgorithm(algorithm[2]!)) continue;
      known = true;
      addLines(files, await text(path), { algorithm: algorithm[2], isPayload: prefix === 'manifest' });
    }
    return known ? files : undefined;

    function addLines(
      into: Map<string, Map<BagAlgorithm, string>>,
      lines: string,
      { algorithm, isPayload }: { readonly algorithm: BagAlgorithm; readonly isPayload: boolean },
    ): void {
      for (const line of lines.split(/\r\n|\r|\n/).filter((one) => one !== '')) {
        const [, digest, name] = /^([0-9A-Fa-f]+)[ \t]+\*?(?:\.\/)?(.+)$/.exec(line) ?? [];
        if (digest === undefined || name === undefined || (isPayload && !name.startsWith('data/')))
          throw new DossierError(
            'invalid-response',
            say`The bag has a manifest with the line "${printable(line.slice(0, 200))}"`,
          );
        // Most programs do not encode names although the standard says so: the file that is there tells.
        const decoded = decodeBagName(name);
        const path = demandWithin(found.has(decoded) || !found.has(name) ? decoded : name);
        const digests = into.get(path) ?? new Map<BagAlgorithm, string>();
        if (digests.has(algorithm) && digests.get(algorithm) !== digest.toLowerCase())
          throw new DossierError(
            'invalid-response',
            say`The bag names "${printable(path)}" twice, with different hashes`,
          );
        into.set(path, digests.set(algorithm, digest.toLowerCase()));
      }
    }
  }
}

/** Number of bytes and of files of the payload, where the bag tells them. */
function fitsOxum(info: string, found: ReadonlyMap<string, number>): boolean {
  const told = /^Payload-Oxum:\s*(\d+)\.(\d+)\s*$/im.exec(info);
  const sizes = [...found].filter(([path]) => path.startsWith('data/')).map(([, size]) => size);
  const octets = sizes.reduce((total, size) => total + size, 0);
  return told === null || (Number(told[1]) === octets && Number(told[2]) === sizes.length);
}

async function holds(folder: FolderReader, path: string, digests: ReadonlyMap<BagAlgorithm, string>): Promise<boolean> {
  const hasher = createBagHasher([...digests.keys()]);
  for await (const bytes of folder.read(path)) hasher.update(bytes);
  const read = hasher.digest();
  return [...digests].every(([algorithm, digest]) => read.get(algorithm) === digest);
}
