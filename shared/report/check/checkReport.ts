import { equalBytes, readBytes } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { createContentHasher } from '../../core/hashing.ts';
import { parseJsonBytes } from '../../core/json.ts';
import { companionsOf } from '../content/companions.ts';
import { descriptionIn } from '../content/crate.ts';
import { decodeDescription } from '../content/description.ts';
import { crateName, descriptionName, manifestName, receiptName } from '../content/fileNames.ts';
import { type ManifestFile, parseManifest } from '../content/manifest.ts';
import type { Difference, FolderVerdict } from './difference.ts';
import type { FolderReader } from './folderReader.ts';

/** Bytes: of what is held in memory as a whole. */
const largestNote = 2 ** 26;

/**
 * Compares the folder of a delivered report with its own records, reading every byte: each file with the manifest, the
 * checksums and the crate with what the manifest makes of them, and the names with what was delivered. Whoever changes
 * one of them has to change all; who wrote them is for the receipt to say. Codes: `not-found` without a manifest,
 * `invalid-response` when it is none.
 */
export async function checkReport(folder: FolderReader): Promise<FolderVerdict> {
  const found = new Map((await folder.list()).map(({ path, size }) => [path, size]));
  if (!found.has(manifestName))
    throw new DossierError(
      'not-found',
      'There is neither dossier.json nor bagit.txt here: this is no whole report and no whole bag',
    );
  const note = (name: string) => readBytes(folder.read(name), largestNote);
  const manifest = parseManifest(parseJsonBytes(await note(manifestName), 'invalid-response', manifestName));
  const differences: Difference[] = [];
  let right = 0;
  const compare = async (path: string, isRight: () => Promise<boolean>): Promise<void> => {
    if (!found.has(path)) differences.push({ path, how: 'missing' });
    else if (await isRight()) right++;
    else differences.push({ path, how: 'changed' });
  };
  for (const file of manifest.files)
    await compare(file.name, async () => found.get(file.name) === file.size && (await holds(folder, file)));
  const companions = manifest.companions ? companionsOf(manifest, await description()) : [];
  for (const { name, bytes } of companions)
    await compare(name, async () => found.get(name) === bytes.length && equalBytes(await note(name), bytes));
  if (manifest.companions?.includes(receiptName) && !found.has(receiptName))
    differences.push({ path: receiptName, how: 'missing' });
  const own = [manifestName, receiptName, ...companions.map(({ name }) => name)];
  const known = new Set([...own, ...manifest.files.map(({ name }) => name)]);
  for (const path of found.keys()) if (!known.has(path)) differences.push({ path, how: 'added' });
  return { kind: 'report', title: manifest.title, right: right + 1, differences };

  /** Of a description that has changed, the crate still tells what it was. */
  async function description(): Promise<string> {
    const isRight = found.has(descriptionName) && !differences.some(({ path }) => path === descriptionName);
    if (isRight) return decodeDescription(await note(descriptionName), manifest.descriptionEncoding);
    return found.has(crateName) ? descriptionIn(await note(crateName)) : '';
  }
}

async function holds(folder: FolderReader, { name, sha256 }: ManifestFile): Promise<boolean> {
  const hasher = createContentHasher();
  try {
    for await (const bytes of folder.read(name)) hasher.update(bytes);
  } catch (error) {
    // Damaged within its archive.
    if (isDossierError(error, 'integrity-mismatch')) return false;
    throw error;
  }
  return hasher.digest().sha256 === sha256;
}
