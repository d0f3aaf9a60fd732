import {
  type Attachment,
  type AttachmentSources,
  type Log,
  type Metadata,
  readMetadata,
} from '../../../../shared/index.ts';
import { uriKind } from './uriSources.ts';

/** What attached files say of themselves, read on this computer; nothing of it is kept or sent. */
export interface MetadataReader {
  /** Undefined for files that say nothing, and for what cannot be read here. */
  of(attachment: Attachment): Promise<Metadata | undefined>;
  /** Of those of them that say something, by their ids. */
  all(attachments: readonly Attachment[]): Promise<ReadonlyMap<string, Metadata>>;
}

/** The editor hands over files of other places in one piece: larger ones are not asked for only to be looked at. */
const mostElsewhere = 64 * 1024 * 1024;
const mostRemembered = 1_000;

export function createMetadataReader(sources: AttachmentSources, log: Log): MetadataReader {
  const known = new Map<string, Promise<Metadata | undefined>>();

  const read = async (attachment: Attachment): Promise<Metadata | undefined> => {
    const { source, size, fingerprint } = attachment;
    if (source.kind === uriKind && size > mostElsewhere) return undefined;
    const opened = await sources.open(attachment);
    if ((await opened.fingerprint()) !== fingerprint) return undefined;
    const found = await readMetadata(opened);
    return found && (found.holds.length > 0 || found.damaged) ? found : undefined;
  };

  const of: MetadataReader['of'] = (attachment) => {
    const key = `${attachment.fingerprint} ${JSON.stringify(attachment.source)}`;
    if (known.size > mostRemembered) known.clear();
    const reading =
      known.get(key) ??
      read(attachment).catch((error: unknown) => {
        // It may be there again the next time; and no report waits for what is only looked at.
        known.delete(key);
        log.write('debug', 'What a file says of itself could not be read', { reason: String(error) });
        return undefined;
      });
    known.set(key, reading);
    return reading;
  };

  return {
    of,
    async all(attachments) {
      const found = new Map<string, Metadata>();
      for (const attachment of attachments) {
        const metadata = await of(attachment);
        if (metadata) found.set(attachment.id, metadata);
      }
      return found;
    },
  };
}
