import { utf8 } from '../../core/bytes.ts';
import { isDossierError } from '../../core/errors.ts';
import { parseJsonBytes } from '../../core/json.ts';
import { printable } from '../../core/paths.ts';
import type { ExportFile } from '../../core/zip.ts';
import { manifestName, receiptName } from '../content/fileNames.ts';
import { parseManifest } from '../content/manifest.ts';
import { bagDeclaration, bagInfo, encodeBagName, payloadFolder } from './bagNames.ts';
import type { OutgoingFile } from './folderFiles.ts';
import { type BagDigests, bagDigestsOf, hear } from './hearing.ts';

export { folderFiles } from './folderFiles.ts';

/** A file that has gone into a bag. */
export interface BaggedFile {
  /** From `data/` on. */
  readonly path: string;
  readonly digests: BagDigests;
}

export interface BagRequest {
  /** What the bag is made for, by the paths that it has below `data/`. */
  readonly payload: AsyncIterable<OutgoingFile>;
  /** What the bag is called where no report in it has an id of its own. */
  readonly name: string;
  /** Day of the bag: milliseconds since 1970 UTC. */
  readonly now: number;
  /** What lies beside the payload besides the receipts that are found in it: paths from the top of the bag on. */
  readonly beside?: AsyncIterable<ExportFile>;
  /** The receipt that a ledger has for a file, if any. */
  readonly receiptOf?: (file: BaggedFile) => Promise<Uint8Array | undefined>;
}

const algorithms = ['sha256', 'sha512'] as const;
const declaration = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';
/** Copies of the receipts and manifests of the reports in the payload. */
const receipts = 'receipts/';
/** Receipts of single files, by their paths in the payload. */
const ofFiles = 'ledger/files/';
/** Reports that the bag names. */
const mostNamed = 1_000;

/**
 * A bag (BagIt 1.0, RFC 8493) as a stream of files, for `zipOf` or `placeExport`: every file of the payload is read
 * once, on its way. `bagit.txt`, without which a folder is no bag, comes last, so that what was cut off never passes for
 * a whole one. The receipts of reports travel twice: in the payload, where the report stays whole, and as tag files.
 * Memory: two hashes for each file. The same payload on the same day makes the same bag.
 */
export async function* bagOf({ payload, name, now, beside, receiptOf }: BagRequest): AsyncIterable<OutgoingFile> {
  const files = createSums();
  const tags = createSums();
  const named: Named[] = [];
  const tag = (path: string, bytes: Uint8Array): ExportFile => {
    tags.add(path, bytes.length, bagDigestsOf(bytes));
    return { path, bytes };
  };
  for await (const file of payload) {
    const path = `${payloadFolder}${file.path}`;
    let digests: BagDigests;
    if ('bytes' in file) {
      digests = bagDigestsOf(file.bytes);
      yield { path, bytes: file.bytes };
    } else {
      const heard = hear(file.body);
      yield { path, body: heard.body };
      digests = heard.digests();
    }
    files.add(path, 'bytes' in file ? file.bytes.length : file.body.size, digests);
    if ('bytes' in file && isOf(file.path, manifestName, receiptName)) {
      if (isOf(file.path, manifestName) && named.length < mostNamed) named.push(...namedIn(file.bytes));
      yield tag(`${receipts}${file.path}`, file.bytes);
    }
    const receipt = await receiptOf?.({ path: file.path, digests });
    if (receipt) yield tag(`${ofFiles}${file.path}.sigstore.json`, receipt);
  }
  for await (const { path, bytes } of beside ?? []) yield tag(path, bytes);
  for (const algorithm of algorithms) yield tag(`manifest-${algorithm}.txt`, files.manifest(algorithm));
  yield tag(bagInfo, infoOf(named.length > 0 ? named : [{ identifier: name }], now, files));
  tags.add(bagDeclaration, declaration.length, bagDigestsOf(utf8(declaration)));
  for (const algorithm of algorithms) yield { path: `tagmanifest-${algorithm}.txt`, bytes: tags.manifest(algorithm) };
  yield { path: bagDeclaration, bytes: utf8(declaration) };
}

/** The files of an archive below one folder of its own, as the standard wants it for a bag. */
export async function* inFolder(name: string, files: AsyncIterable<OutgoingFile>): AsyncIterable<OutgoingFile> {
  for await (const file of files) yield { ...file, path: `${name}/${file.path}` };
}

const isOf = (path: string, ...names: readonly string[]) => names.includes(path.slice(path.lastIndexOf('/') + 1));

interface Named {
  readonly identifier: string;
  readonly description?: string;
}

/** What a report says of itself; nothing where it is none. */
function namedIn(bytes: Uint8Array): Named[] {
  try {
    const { report, title } = parseManifest(parseJsonBytes(bytes, 'invalid-response', manifestName));
    return [{ identifier: report, description: title }];
  } catch (error) {
    if (isDossierError(error)) return [];
    throw error;
  }
}

interface Sums {
  add(path: string, size: number, digests: BagDigests): void;
  manifest(algorithm: (typeof algorithms)[number]): Uint8Array;
  readonly octets: number;
  readonly count: number;
}

function createSums(): Sums {
  const lines = { sha256: [] as string[], sha512: [] as string[] };
  let octets = 0;
  return {
    add(path, size, digests) {
      octets += size;
      for (const algorithm of algorithms) lines[algorithm].push(`${digests[algorithm]}  ${encodeBagName(path)}\n`);
    },
    manifest: (algorithm) => utf8(lines[algorithm].join('')),
    get octets() {
      return octets;
    },
    get count() {
      return lines.sha256.length;
    },
  };
}

function infoOf(named: readonly Named[], now: number, { octets, count }: Sums): Uint8Array {
  const fields = [
    ['Bag-Software-Agent', 'Dossier'],
    ['Bagging-Date', new Date(now).toISOString().slice(0, 10)],
    ...named.flatMap(({ identifier, description }) => [
      ['External-Identifier', identifier],
      ...(description === undefined ? [] : [['External-Description', description]]),
    ]),
    ['Bag-Size', sizeWords(octets)],
    ['Payload-Oxum', `${octets}.${count}`],
  ];
  return utf8(fields.map(([label, value]) => `${label}: ${oneLine(value!)}\n`).join(''));
}

/** A value ends with its line. */
const oneLine = (text: string): string => printable(text.replace(/\s+/g, ' ').trim());

function sizeWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
