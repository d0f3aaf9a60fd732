import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import {
  type Clock,
  createLocalFolderDrive,
  DossierError,
  type Drive,
  type FilesPort,
  type Ledger,
  type Log,
  makeReportPublic,
  type Publication,
  type PublicationPlace,
  type Published,
  publishByItself,
  publishTo,
  retry,
  say,
  toDossierError,
} from '../../../../shared/index.ts';
import type { ConnectionStore } from '../connections/connectionStore.ts';
import type { Ledgers } from './ledgers.ts';

/** Publishes ledgers into the folders that the user chose, on request and after whatever is recorded. */
export interface Publishing {
  /** The drive of a place; undefined where no connection of this window leads there. */
  open(place: PublicationPlace): Promise<Drive | undefined>;
  publish(ledger: Ledger, publication: Publication, options: PublishingOptions): Promise<Published>;
  /** After something was recorded through a connection: in the background; what fails is told to the log. */
  recorded(connection: string): Promise<void>;
  /** The same for a ledger that is at hand. */
  recordedIn(ledger: Ledger): Promise<void>;
  /** The same after a report was recorded, which becomes public where the settings say so. */
  reported(connection: string, report: string): Promise<void>;
}

export interface PublishingOptions {
  readonly whole?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly entries: number; readonly of: number }) => void;
}

export interface PublishingParts {
  readonly ledgers: Ledgers;
  readonly connections: ConnectionStore;
  readonly files: FilesPort;
  readonly clock: Clock;
  readonly log: Log;
  /** `verify.html`, as the build made it. */
  readonly pageFile: string;
}

export function createPublishing({ ledgers, connections, files, clock, log, pageFile }: PublishingParts): Publishing {
  const page = () => readFile(pageFile, 'utf8');

  const open: Publishing['open'] = async ({ connection, kind, account, machine }) => {
    if (machine !== undefined)
      return machine === vscode.env.machineId
        ? createLocalFolderDrive({ files, root: account, randomBytes: (length) => new Uint8Array(randomBytes(length)) })
        : undefined;
    const all = (await connections.list()).filter((each) => each.kind === kind);
    // The one it was chosen through first; another one to the same account is as good.
    for (const { id } of all.sort((a) => (a.id === connection ? -1 : 1))) {
      const drive = await connections.open(id);
      if ((await retry(() => drive.account(), { clock })).id === account) return drive;
    }
    return undefined;
  };

  const byItself = async (ledger: Ledger): Promise<void> => {
    const outcomes = await publishByItself({ ledger, open, page: await page() });
    for (const { publication, failure } of outcomes)
      if (failure)
        log.write('warn', 'What was recorded could not be published', {
          folder: publication.place.folder.path,
          reason: failure.message,
        });
  };
  const orLog = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) =>
      log.write('warn', 'What was recorded could not be published', { reason: toDossierError(error).message }),
    );

  return {
    open,
    async publish(ledger, publication, options) {
      const drive = await open(publication.place);
      if (!drive) throw unreached(publication);
      return publishTo({ ledger, publication, drive, page: await page(), ...options });
    },
    recorded: (connection) => orLog(ledgers.within(connection, byItself)),
    recordedIn: (ledger) => orLog(byItself(ledger)),
    reported: (connection, report) =>
      orLog(
        ledgers.within(connection, async (ledger) => {
          const privacy = vscode.workspace.getConfiguration('dossier').get<string>('reports.privacy', 'private');
          if (privacy === 'public') await makeReportPublic(ledger, report);
          await byItself(ledger);
        }),
      ),
  };
}

function unreached({ place }: Publication): DossierError {
  return new DossierError('not-found', say`No connection of this window leads to ${place.folder.path}`);
}
