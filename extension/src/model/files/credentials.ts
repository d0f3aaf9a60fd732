import { readFile, stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import {
  type Attachment,
  type AttachmentSources,
  type ByteSource,
  type FilesPort,
  type Log,
  say,
} from '../../../../shared/index.ts';
import { editorError } from '../../ui/editorError.ts';
import { type Credentials, readCredentials } from '../credentials/readCredentials.ts';
import { attachmentOf, createFileSources } from './fileSources.ts';
import { uriKind } from './uriSources.ts';

/** Content credentials (C2PA) of files, judged on this computer; nobody is asked, and nothing of it is kept. */
export interface CredentialsReader {
  /** Of those of them that carry some and can be read here, by their ids. */
  all(attachments: readonly Attachment[]): Promise<ReadonlyMap<string, Credentials>>;
  /** `invalid-input` when the certificates that the settings name cannot be read. */
  ofFile(path: string): Promise<Credentials | undefined>;
}

export interface CredentialsPorts {
  readonly sources: AttachmentSources;
  readonly files: FilesPort;
  readonly log: Log;
  /** The program that judges, as the build made it. */
  readonly worker: string;
}

const mostRemembered = 1_000;

export function createCredentialsReader({ sources, files, log, worker }: CredentialsPorts): CredentialsReader {
  const known = new Map<string, Promise<Credentials | undefined>>();
  const read = async (source: ByteSource, trusted: readonly string[]) => readCredentials(source, { worker, trusted });

  const ofAttachment = async (attachment: Attachment, trusted: readonly string[]) => {
    // The editor would hand over files of other places in one piece.
    if (attachment.source.kind === uriKind) return undefined;
    const opened = await sources.open(attachment);
    return (await opened.fingerprint()) === attachment.fingerprint ? read(opened, trusted) : undefined;
  };

  const remembered = (attachment: Attachment, trusted: readonly string[]) => {
    const key = JSON.stringify([attachment.fingerprint, attachment.source, trusted]);
    if (known.size > mostRemembered) known.clear();
    const reading =
      known.get(key) ??
      ofAttachment(attachment, trusted).catch((error: unknown) => {
        // No report waits for what is only looked at.
        known.delete(key);
        log.write('debug', 'The content credentials of a file could not be read', { reason: String(error) });
        return undefined;
      });
    known.set(key, reading);
    return reading;
  };

  return {
    async all(attachments) {
      const found = new Map<string, Credentials>();
      const trusted = await trustedCertificates().catch(() => []);
      for (const attachment of attachments) {
        const credentials = await remembered(attachment, trusted);
        if (credentials) found.set(attachment.id, credentials);
      }
      return found;
    },
    async ofFile(path) {
      return read(await createFileSources(files).open(await attachmentOf(files, path)), await trustedCertificates());
    },
  };
}

const longestPem = 2_000_000;
const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Of those whose content credentials the user trusts, PEM; none where the settings name no file. */
async function trustedCertificates(): Promise<string[]> {
  const file = vscode.workspace.getConfiguration('dossier').get<string>('contentCredentials.certificates', '').trim();
  if (file === '') return [];
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() && found.size <= longestPem) return (await readFile(file, 'utf8')).match(certificate) ?? [];
  throw editorError('invalid-input', say`The certificates for content credentials cannot be read from ${file}`);
}
