import { toHex } from '../core/bytes.ts';
import { DossierError } from '../core/errors.ts';
import { type DrivePath, joinPath } from '../core/paths.ts';
import type { Clock, RandomBytes } from '../core/ports.ts';
import { retry } from '../core/retry.ts';
import type { Context, Drive } from '../drive/drive.ts';
import { ensureFolder } from '../drive/ensureFolder.ts';
import type { ByteSource } from '../drive/source.ts';
import type { UploadJournal } from '../upload/upload.ts';
import { createUploader } from '../upload/uploader.ts';
import type { Vault } from '../vault/vault.ts';
import type { Attachment } from './report.ts';
import type { AttachmentSources } from './sources.ts';

export interface VaultCopiesOptions {
  readonly drive: Drive;
  /** A folder for the copies alone; made with the first one. */
  readonly folder: DrivePath;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/** Copies of attachments in a folder of a drive, encrypted: for drafts whose originals will not be there when they are sent. */
export interface VaultCopies extends Required<AttachmentSources> {
  /** Resolves when the copy is complete and proved; what it gives belongs in the attachment. */
  put(content: ByteSource, context?: Context): Promise<Pick<Attachment, 'source' | 'fingerprint' | 'size'>>;
}

const kind = 'vault';

export function createVaultCopies({ drive, folder, vault, clock, randomBytes }: VaultCopiesOptions): VaultCopies {
  const nameOf = (object: string): string => `${object}.age`;
  const objectOf = ({ source }: Attachment): string | undefined => (source.kind === kind && /^[0-9a-f]{32}$/.test(String(source['object'])) ? String(source['object']) : undefined);

  return {
    async put(content, context) {
      const place = await retry(() => ensureFolder(drive, folder, context), { clock, signal: context?.signal });
      const object = toHex(randomBytes(16));
      const source = await vault.sealSource(await vault.newHead(), content);
      const uploader = createUploader({ drive, clock, journal: forgetful });
      const [outcome] = await uploader.deliver([{ id: object, source, target: { folder: place, name: nameOf(object) } }], context);
      if (!outcome?.ok) throw outcome?.error ?? new TypeError('The uploader gave no outcome');
      return { source: { kind, object }, fingerprint: `vault:${object}`, size: content.size };
    },
    async open(attachment) {
      const object = objectOf(attachment);
      if (object === undefined) throw new DossierError('source-missing', `"${attachment.name}" is kept on another machine, not in the vault of this folder`);
      const ref = { path: joinPath(folder, nameOf(object)) };
      const entry = await retry(() => drive.stat(ref), { clock });
      if (entry?.type !== 'file') throw new DossierError('source-missing', `The copy of "${attachment.name}" is gone from the vault`);
      const opened = await vault.openSource({ size: entry.size, open: (range) => drive.read(ref, range) });
      return { ...opened, fingerprint: async () => `vault:${object}` };
    },
    async discard(attachment) {
      const object = objectOf(attachment);
      if (object !== undefined) await retry(() => drive.remove({ path: joinPath(folder, nameOf(object)) }), { clock });
    },
  };
}

/** A copy that was not completed is made anew, under another name: nobody knows of it yet. */
const forgetful: UploadJournal = { load: async () => [], save: async () => undefined };
