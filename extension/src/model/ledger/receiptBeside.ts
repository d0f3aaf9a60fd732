import { basename, dirname, extname, join } from 'node:path';
import {
  type FilesPort,
  isDossierError,
  manifestName,
  parseManifest,
  parseReceipt,
  type Receipt,
  receiptName,
  type SubjectDigests,
} from '../../../../shared/index.ts';

export interface ReceiptBeside {
  readonly file: string;
  /** Undefined when the file is no receipt. */
  readonly receipt?: Receipt;
  /** What the manifest beside it says of a file of this name. */
  readonly recorded?: SubjectDigests;
}

const longestNote = 4_000_000;

/**
 * The receipts that may be about a file: its own, exported under its name, and that of the report in whose folder it
 * lies.
 */
export async function receiptsBeside(files: FilesPort, path: string): Promise<ReceiptBeside[]> {
  const folder = dirname(path);
  const own = receiptNameFor(path);
  const found: ReceiptBeside[] = [];
  for (const file of new Set([own, join(folder, receiptName)])) {
    const bytes = await small(files, file);
    if (!bytes) continue;
    const receipt = readable(() => parseReceipt(bytes));
    const recorded = file === own ? undefined : await recordedIn(files, folder, basename(path));
    found.push({ file: basename(file), ...(receipt ? { receipt } : {}), ...(recorded ? { recorded } : {}) });
  }
  return found;
}

/** `photo.sigstore.json` for `photo.jpg`. */
export function receiptNameFor(path: string): string {
  return path.slice(0, path.length - extname(path).length) + receiptName.slice(receiptName.indexOf('.'));
}

async function recordedIn(files: FilesPort, folder: string, name: string): Promise<SubjectDigests | undefined> {
  const manifest = await small(files, join(folder, manifestName));
  const sha256 =
    manifest &&
    readable(
      () =>
        parseManifest(JSON.parse(new TextDecoder().decode(manifest))).files.find((file) => file.name === name)?.sha256,
    );
  return sha256 === undefined ? undefined : { sha256 };
}

async function small(files: FilesPort, path: string): Promise<Uint8Array | undefined> {
  const stat = await files.stat(path);
  if (stat?.kind !== 'file' || stat.size > longestNote) return undefined;
  const into = new Uint8Array(stat.size);
  return into.subarray(0, await files.readInto(path, 0, into));
}

/** What somebody has damaged says nothing. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || isDossierError(error)) return undefined;
    throw error;
  }
}
