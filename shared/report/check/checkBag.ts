import { fromUtf8, readBytes } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { type BagAlgorithm, createBagHasher, isBagAlgorithm } from '../../core/hashing.ts';
import { printable } from '../../core/paths.ts';
import { say } from '../../core/sentence.ts';
import { bagDeclaration, bagInfo, decodeBagName, demandWithin, payloadFolder } from '../bag/bagNames.ts';
import type { Difference, FolderVerdict } from './difference.ts';
import type { FolderReader } from './folderReader.ts';

/** Bytes of one tag file that is read as a whole, and names that all manifests may have that are not there. */
const largestTagFile = 2 ** 26;
const mostMissing = 100_000;
const versions = /^BagIt-Version: (0\.9[3-7]|1\.0)\r?\nTag-File-Character-Encoding: UTF-8\s*$/i;
/** Hexadecimal digits. */
const lengths: Readonly<Record<BagAlgorithm, number>> = { sha512: 128, sha256: 64, sha1: 40, md5: 32 };

type Digests = Map<BagAlgorithm, string>;

interface Manifests {
  readonly algorithms: readonly BagAlgorithm[];
  readonly files: ReadonlyMap<string, Digests>;
}

/**
 * Checks a bag (BagIt, RFC 8493) whoever made it: every byte of every file that a manifest names, that there is nothing
 * else in `data/`, and that each manifest names the whole payload. Nothing is ever fetched: what `fetch.txt` names and
 * is not there is missing. Codes: `invalid-response` for what is no bag, or names files in a way that leads out of it.
 */
export async function checkBag(folder: FolderReader): Promise<FolderVerdict> {
  const found = new Map((await folder.list()).map(({ path, size }) => [path, size]));
  const text = async (path: string) => fromUtf8(await readBytes(folder.read(path), largestTagFile));
  const [, version] = (found.has(bagDeclaration) && versions.exec(await text(bagDeclaration))) || [];
  if (version === undefined)
    throw new DossierError(
      'invalid-response',
      'This is no bag in UTF-8 of a version that is known (BagIt 0.93 to 1.0)',
    );
  const payload = await readManifests('manifest');
  const tags = await readManifests('tagmanifest');
  if (payload.algorithms.length === 0)
    throw new DossierError('invalid-response', 'The bag has no manifest of a kind that is known');
  // Of the payload only its own manifests tell: nothing laid beside them says otherwise.
  const ofTags = [...tags.files].filter(([path]) => !path.startsWith(payloadFolder));
  const recorded = new Map([...ofTags, ...payload.files]);
  const differences: Difference[] = [];
  let right = 0;
  // In the order in which they lie there: an archive is gone through once.
  for (const path of found.keys()) {
    const digests = recorded.get(path);
    if (digests && (await holds(folder, path, digests))) right++;
    else if (digests) differences.push({ path, how: 'changed' });
    else if (path.startsWith(payloadFolder)) differences.push({ path, how: 'added' });
  }
  for (const path of recorded.keys()) if (!found.has(path)) differences.push({ path, how: 'missing' });
  if (version === '1.0') differences.push(...incomplete(payload));
  const info = found.has(bagInfo) ? await text(bagInfo) : '';
  if (differences.length === 0 && !fitsOxum(info, found)) differences.push({ path: bagInfo, how: 'changed' });
  return { kind: 'bag', title: titleIn(info), right, differences };

  async function readManifests(prefix: 'manifest' | 'tagmanifest'): Promise<Manifests> {
    const files = new Map<string, Digests>();
    const algorithms: BagAlgorithm[] = [];
    for (const path of found.keys()) {
      const [, kind, algorithm = ''] = /^(\w+)-(\w+)\.txt$/.exec(path) ?? [];
      if (kind !== prefix || !isBagAlgorithm(algorithm)) continue;
      algorithms.push(algorithm);
      addLines(files, await text(path), { algorithm, isPayload: prefix === 'manifest', found });
    }
    return { algorithms, files };
  }
}

interface ManifestOf {
  readonly algorithm: BagAlgorithm;
  readonly isPayload: boolean;
  readonly found: ReadonlyMap<string, number>;
}

function addLines(into: Map<string, Digests>, lines: string, { algorithm, isPayload, found }: ManifestOf): void {
  for (const [line] of lines.matchAll(/[^\r\n]+/g)) {
    const [, digest, name] = /^([0-9A-Fa-f]+)[ \t]+\*?(?:\.\/)?(.+)$/.exec(line) ?? [];
    if (digest?.length !== lengths[algorithm] || !name || (isPayload && !name.startsWith(payloadFolder)))
      throw new DossierError(
        'invalid-response',
        say`The bag has a manifest with the line "${printable(line.slice(0, 200))}"`,
      );
    // Most programs do not encode names although the standard says so: the file that is there tells.
    const decoded = decodeBagName(name);
    const path = demandWithin(found.has(decoded) || !found.has(name) ? decoded : name);
    const digests: Digests = into.get(path) ?? new Map();
    if (digests.has(algorithm) && digests.get(algorithm) !== digest.toLowerCase())
      throw new DossierError('invalid-response', say`The bag names "${printable(path)}" twice, with different hashes`);
    into.set(path, digests.set(algorithm, digest.toLowerCase()));
    if (into.size > found.size + mostMissing)
      throw new DossierError('invalid-response', say`The bag names more than ${mostMissing} files that are not there`);
  }
}

/** Manifests that do not name all that others name: since version 1.0 each names the whole payload. */
function incomplete({ algorithms, files }: Manifests): Difference[] {
  return algorithms
    .filter((algorithm) => [...files.values()].some((digests) => !digests.has(algorithm)))
    .map((algorithm) => ({ path: `manifest-${algorithm}.txt`, how: 'changed' }));
}

/** What the bag says that it is; of several, the first. */
function titleIn(info: string): string {
  const [, title = ''] =
    /^External-Description:\s*(.*)$/im.exec(info) ?? /^External-Identifier:\s*(.*)$/im.exec(info) ?? [];
  return title.trim();
}

/** Number of bytes and of files of the payload, where the bag tells them. */
function fitsOxum(info: string, found: ReadonlyMap<string, number>): boolean {
  const told = /^Payload-Oxum:\s*(\d+)\.(\d+)\s*$/im.exec(info);
  const sizes = [...found].filter(([path]) => path.startsWith(payloadFolder)).map(([, size]) => size);
  const octets = sizes.reduce((total, size) => total + size, 0);
  return told === null || (Number(told[1]) === octets && Number(told[2]) === sizes.length);
}

async function holds(folder: FolderReader, path: string, digests: Digests): Promise<boolean> {
  const hasher = createBagHasher([...digests.keys()]);
  try {
    for await (const bytes of folder.read(path)) hasher.update(bytes);
  } catch (error) {
    // Damaged within its archive.
    if (isDossierError(error, 'integrity-mismatch')) return false;
    throw error;
  }
  const read = hasher.digest();
  return [...digests].every(([algorithm, digest]) => read.get(algorithm) === digest);
}
