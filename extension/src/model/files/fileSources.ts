import { createHash, randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import {
  type Attachment,
  type AttachmentSources,
  type ByteSource,
  copyKind,
  DossierError,
  type FileStat,
  type FilesPort,
  isDossierError,
  type Replacement,
  say,
} from '../../../../shared/index.ts';
import { mediaTypeOf } from './mediaTypes.ts';

/** Attachments are kept by reference: the original stays where it is, and is never changed (promise P2). */
export function createFileSources(files: FilesPort): AttachmentSources {
  return {
    async open(attachment): Promise<ByteSource> {
      const path = pathOf(attachment);
      if (path === undefined)
        throw new DossierError(
          'unsupported',
          say`"${attachment.name}" was attached on another machine and is not here`,
          { advice: null, path: attachment.name },
        );
      const computer = computerOf(attachment);
      if (computer !== undefined && !(await files.stat(path))) {
        throw new DossierError(
          'source-missing',
          say`"${attachment.name}" lies on the computer "${computer}": send the report from there, or copy the file into the vault there`,
          { advice: null, path },
        );
      }
      const stat = await existing(files, path, attachment.name);
      const { fingerprint, source } = attachment;
      // Sticks and network folders give a file another identity each time that they are connected.
      const isSame = await isAsAttached(files, path, stat, { fingerprint, sample: source['sample'] });
      const opened = fingerprintOf(stat);
      return {
        size: stat.size,
        open: (range) => files.read(path, range),
        readInto: (start, into) => files.readInto(path, start, into),
        fingerprint: async () => {
          const now = fingerprintOf(await existing(files, path, attachment.name));
          return isSame && now === opened ? fingerprint : now;
        },
      };
    },
  };
}

/**
 * The file as an attachment of a report. Links are followed once, now: what is attached is the file that they lead to.
 */
export async function attachmentOf(files: FilesPort, chosen: string): Promise<Attachment> {
  const name = basename(chosen);
  const path = await realpath(chosen).catch(() => chosen);
  const stat = await existing(files, path, name);
  const source = { kind: 'file', path, computer: hostname(), sample: await sampleOf(files, path, stat.size) };
  return {
    id: randomUUID(),
    name,
    mediaType: mediaTypeOf(name),
    size: stat.size,
    source,
    fingerprint: fingerprintOf(stat),
  };
}

/** Where the original lies on the computer that it was attached on. */
export function pathOf({ source }: Attachment): string | undefined {
  return typeof source['path'] === 'string' ? source['path'] : undefined;
}

/** How an attachment that is kept by reference stands: its content is not the one that was attached, or is gone. */
export type Standing = 'changed' | 'gone';

/** Undefined when all is well, and for what cannot be asked from this computer. */
export async function standingOf(sources: AttachmentSources, attachment: Attachment): Promise<Standing | undefined> {
  if (isCopied(attachment) || computerOf(attachment) !== undefined) return undefined;
  try {
    const source = await sources.open(attachment);
    return (await source.fingerprint()) === attachment.fingerprint ? undefined : 'changed';
  } catch (error) {
    return isDossierError(error, 'source-missing') ? 'gone' : undefined;
  }
}

/** The version that was attached is kept in the vault beside the reference to the original. */
export function hasKept({ source }: Attachment): boolean {
  return source.kind !== copyKind && typeof source['kept'] === 'string';
}

/** Beside the reference to the original, the version that was attached stays in the vault of this computer. */
export function withKept(attachment: Attachment, { source }: Replacement): Attachment {
  return { ...attachment, source: { ...attachment.source, kept: String(source['object']) } };
}

/** That version, as an attachment whose content is in the vault. */
export function keptCopyOf(attachment: Attachment): Attachment {
  return { ...attachment, source: { kind: copyKind, object: String(attachment.source['kept']) } };
}

export function isCopied({ source }: Attachment): boolean {
  return source.kind === copyKind;
}

/** The other computer that has the original; undefined when the file can be opened here. */
export function computerOf({ source }: Attachment): string | undefined {
  const { kind, computer } = source;
  return kind !== 'file' || typeof computer !== 'string' || computer === hostname() ? undefined : computer;
}

/** Whether a report can be sent from this computer. What was attached here and is gone is for this computer to tell. */
export async function isWithinReach(sources: AttachmentSources, attachments: readonly Attachment[]): Promise<boolean> {
  for (const attachment of attachments) {
    if (isCopied(attachment) || (attachment.source.kind === 'file' && computerOf(attachment) === undefined)) continue;
    const seen = await sources.open(attachment).then(
      (source) => source.fingerprint(),
      () => undefined,
    );
    if (seen !== attachment.fingerprint) return false;
  }
  return true;
}

/** What an attachment is after its content was copied; remembers the original. */
export function copied(attachment: Attachment, copy: Replacement): Attachment {
  const { path, computer, sample } = attachment.source;
  return {
    ...attachment,
    ...copy,
    source: {
      ...copy.source,
      ...(path === undefined ? {} : { path }),
      ...(computer === undefined ? {} : { computer }),
      ...(sample === undefined ? {} : { sample }),
      original: attachment.fingerprint,
    },
  };
}

/**
 * The attachment with its original in place of the copy; `source-missing` or `source-changed` when that is not what was
 * copied.
 */
export async function uncopied(files: FilesPort, attachment: Attachment): Promise<Attachment> {
  const { path, computer, sample, original } = attachment.source;
  if (typeof path !== 'string' || typeof original !== 'string')
    throw new DossierError(
      'source-missing',
      say`The original of "${attachment.name}" is not known here: its copy stays`,
      { advice: null },
    );
  const stat = await existing(files, path, attachment.name);
  if (!(await isAsAttached(files, path, stat, { fingerprint: original, sample })))
    throw new DossierError(
      'source-changed',
      say`The original of "${attachment.name}" has changed since it was copied: its copy stays`,
      { advice: null },
    );
  return {
    ...attachment,
    source: {
      kind: 'file',
      path,
      ...(computer === undefined ? {} : { computer }),
      ...(sample === undefined ? {} : { sample }),
    },
    fingerprint: original,
  };
}

async function existing(files: FilesPort, path: string, name: string): Promise<FileStat> {
  const stat = await files.stat(path);
  if (!stat) throw new DossierError('source-missing', say`"${name}" is not at its place any more`, { path });
  if (stat.kind !== 'file')
    throw new DossierError('invalid-input', say`"${name}" is not a file: attach files, not folders`, {
      advice: null,
      path,
    });
  return stat;
}

function fingerprintOf({ id, size, modified }: FileStat): string {
  return `${id}-${size}-${modified}`;
}

/** Bytes of each of the pieces that stand for the content of a file. */
const sampleBytes = 65_536;

/** SHA-256 over the beginning, the middle and the end of a file: of a small one, over all of it. */
async function sampleOf(files: FilesPort, path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  const pieces =
    size <= 3 * sampleBytes
      ? [{ start: 0, end: size }]
      : [0, Math.floor((size - sampleBytes) / 2), size - sampleBytes].map((start) => ({
          start,
          end: start + sampleBytes,
        }));
  for (const piece of pieces) for await (const bytes of files.read(path, piece)) hash.update(bytes);
  return hash.digest('hex');
}

/**
 * Whether a file is still the one that was attached. Its content decides where only its identity on the disk differs;
 * where its time differs too, only if all of its content is known.
 */
async function isAsAttached(
  files: FilesPort,
  path: string,
  stat: FileStat,
  { fingerprint, sample }: { readonly fingerprint: string; readonly sample: unknown },
): Promise<boolean> {
  const { size, modified } = stat;
  if (fingerprintOf(stat) === fingerprint) return true;
  const [, attachedSize, attachedTime] = /-(\d+)-([\d.]+)$/.exec(fingerprint) ?? [];
  if (typeof sample !== 'string' || Number(attachedSize) !== size) return false;
  if (Number(attachedTime) !== modified && size > 3 * sampleBytes) return false;
  return (await sampleOf(files, path, size)) === sample;
}
