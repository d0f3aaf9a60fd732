import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Attachment, type AttachmentSources, type ByteSource, DossierError, type FilesPort, type FileStat } from '../../../shared/index.ts';
import { mediaTypeOf } from './mediaTypes.ts';

/** Attachments are kept by reference: the original stays where it is, and is never changed (promise P2). */
export function createFileSources(files: FilesPort): AttachmentSources {
  return {
    async open(attachment): Promise<ByteSource> {
      const path = pathOf(attachment);
      if (path === undefined) throw new DossierError('unsupported', `"${attachment.name}" was attached on another machine and is not here`, { path: attachment.name });
      const { size } = await existing(files, path, attachment.name);
      return {
        size,
        open: (range) => files.read(path, range),
        readInto: (start, into) => files.readInto(path, start, into),
        fingerprint: async () => fingerprintOf(await existing(files, path, attachment.name)),
      };
    },
  };
}

/** The file as an attachment of a report. Links are followed once, now: what is attached is the file that they lead to. */
export async function attachmentOf(files: FilesPort, chosen: string): Promise<Attachment> {
  const name = basename(chosen);
  const path = await realpath(chosen).catch(() => chosen);
  const stat = await existing(files, path, name);
  return { id: randomUUID(), name, mediaType: mediaTypeOf(name), size: stat.size, source: { kind: 'file', path }, fingerprint: fingerprintOf(stat) };
}

/** Where the original lies on this machine, if it does. */
export function pathOf({ source }: Attachment): string | undefined {
  return source.kind === 'file' && typeof source['path'] === 'string' ? source['path'] : undefined;
}

async function existing(files: FilesPort, path: string, name: string): Promise<FileStat> {
  const stat = await files.stat(path);
  if (!stat) throw new DossierError('source-missing', `"${name}" is not at its place any more`, { path });
  if (stat.kind !== 'file') throw new DossierError('invalid-input', `"${name}" is not a file: attach files, not folders`, { path });
  return stat;
}

function fingerprintOf({ id, size, modified }: FileStat): string {
  return `${id}-${size}-${modified}`;
}
