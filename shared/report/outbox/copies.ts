import { DossierError, isDossierError } from '../../core/errors.ts';
import { type DrivePath, joinPath } from '../../core/paths.ts';
import type { Clock } from '../../core/ports.ts';
import { retry } from '../../core/retry.ts';
import { say } from '../../core/sentence.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import { ensureFolder } from '../../drive/ensureFolder.ts';
import type { Entry } from '../../drive/entry.ts';
import type { ByteSource } from '../../drive/source.ts';
import type { UploadRecord } from '../../upload/upload.ts';
import { createUploader } from '../../upload/uploader.ts';
import type { Vault } from '../../vault/vault.ts';
import type { Attachment, SourceReference } from '../model/report.ts';
import { createReportId, isReportId, timeOf } from '../model/reportId.ts';
import type { AttachmentSources } from '../model/sources.ts';
import type { Replacement } from './actions.ts';

export const copyKind = 'vault';

/** Encrypted copies of attachments, for those whose original may be gone, or out of reach, when the report is sent. */
export interface Copies extends AttachmentSources {
  /** Keeps a copy; the attachment is to refer to what this resolves with. The original is only read. */
  keep(content: ByteSource, context?: Context): Promise<Replacement>;
  discard(attachment: Attachment): Promise<void>;
  /**
   * Removes copies that no attachment refers to and that are older than a day: what a kill between copying and saving
   * leaves.
   */
  sweep(attachments: readonly Attachment[], context?: Context): Promise<number>;
}

export interface CopiesOptions {
  readonly drive: Drive;
  /** For copies alone; made when it is missing. */
  readonly folder: DrivePath;
  readonly vault: Vault;
  readonly clock: Clock;
}

const dayMs = 24 * 60 * 60_000;

export function createCopies({ drive, folder, vault, clock }: CopiesOptions): Copies {
  const pathOf = (source: SourceReference): DrivePath => {
    if (source.kind !== copyKind || !isReportId(source.object))
      throw new DossierError('source-missing', 'This is not a copy in the vault');
    return joinPath(folder, `${source.object}.age`);
  };
  return {
    async keep(content, context) {
      const object = createReportId(clock.now());
      const sealed = await vault.sealSource(await vault.newHead(), content);
      await retry(() => ensureFolder(drive, folder, context), { clock, signal: context?.signal });
      const item = { id: object, source: sealed, target: { folder: { path: folder }, name: `${object}.age` } };
      const [outcome] = await createUploader({ drive, clock, journal: forgetfulJournal() }).deliver([item], context);
      if (!outcome?.ok) throw outcome?.error ?? new TypeError('The uploader gave no outcome');
      return { source: { kind: copyKind, object }, fingerprint: fingerprintOf(object), size: content.size };
    },
    async open(attachment) {
      const path = pathOf(attachment.source);
      const entry = await retry(() => drive.stat({ path }), { clock });
      if (entry?.type !== 'file')
        throw new DossierError('source-missing', say`The copy of "${attachment.name}" is not in the vault any more`, {
          advice: null,
        });
      const content = await vault.openSource({ size: entry.size, open: (range) => drive.read(entry, range) });
      return { ...content, fingerprint: async () => fingerprintOf(String(attachment.source.object)) };
    },
    async discard(attachment) {
      if (attachment.source.kind === copyKind)
        await drive.remove({ path: pathOf(attachment.source) }, { permanently: true });
    },
    async sweep(attachments, context) {
      const kept = new Set(attachments.map(({ source }) => source.object));
      const entries: Entry[] = [];
      try {
        // Only what is named is removed: what cannot be read stays.
        const options = { onUnreadable: () => undefined };
        for await (const page of drive.list({ path: folder }, options, context)) entries.push(...page);
      } catch (error) {
        if (!isDossierError(error, 'not-found')) throw error;
      }
      const old = entries.filter(({ type, name }) => {
        const object = name.endsWith('.age') ? name.slice(0, -4) : '';
        return type === 'file' && isReportId(object) && !kept.has(object) && clock.now() - timeOf(object) > dayMs;
      });
      for (const entry of old) await drive.remove(entry, { ...context, permanently: true });
      return old.length;
    },
  };
}

/**
 * Sources by the kind of their reference; an attachment of a kind that this host does not know lies on another machine.
 */
export function sourcesByKind(kinds: Readonly<Record<string, AttachmentSources>>): AttachmentSources {
  const of = ({ source }: Attachment): AttachmentSources | undefined =>
    Object.hasOwn(kinds, source.kind) ? kinds[source.kind] : undefined;
  return {
    async open(attachment) {
      const sources = of(attachment);
      if (!sources)
        throw new DossierError(
          'source-missing',
          say`"${attachment.name}" lies on another machine: send the report from there, or copy the file into the vault there`,
        );
      return sources.open(attachment);
    },
    discard: async (attachment) => of(attachment)?.discard?.(attachment),
  };
}

/** A copy never changes: its name is its fingerprint. */
function fingerprintOf(object: string): string {
  return `${copyKind}:${object}`;
}

/** A copy that was not finished is made anew, so nothing needs to be known about it later. */
function forgetfulJournal() {
  const records = new Map<string, UploadRecord>();
  return {
    load: async () => [...records.values()],
    save: async (saved: readonly UploadRecord[]) => saved.forEach((record) => records.set(record.id, record)),
  };
}
