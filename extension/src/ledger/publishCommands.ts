import * as vscode from 'vscode';
import {
  type Connection,
  createPublications,
  DossierError,
  ensureFolder,
  folderAddress,
  isDossierError,
  type Ledger,
  localFolderKind,
  type Publication,
  type PublicationPlace,
  parsePath,
  retry,
  rootPath,
  verificationLink,
} from '../../../shared/index.ts';
import type { Ledgers } from '../model/ledger/ledgers.ts';
import type { Publishing } from '../model/ledger/publishing.ts';
import type { Services } from '../services.ts';
import { withProgress } from '../ui/progress.ts';
import { chooseLedger } from './chooseLedger.ts';

interface Parts {
  readonly services: Services;
  readonly ledgers: Ledgers;
  readonly publishing: Publishing;
}

/** Publishing a ledger, and the link that others get. */
export function registerPublishCommands({ services, ledgers, publishing }: Parts): vscode.Disposable[] {
  const { attempt } = services;

  const publish = async (): Promise<void> => {
    const ledger = await chooseLedger(ledgers, vscode.l10n.t('Publish Ledger'));
    const publication = ledger && (await choosePublication(services, ledger));
    if (!ledger || !publication) return;
    const { size, repaired } = await withProgress(vscode.l10n.t('Publishing the ledger'), (signal, tell) =>
      publishing.publish(ledger, publication, {
        signal,
        onProgress: ({ entries, of }) => tell(vscode.l10n.t('{0} of {1} entries', entries, of)),
      }),
    );
    const copy = vscode.l10n.t('Copy Verification Link');
    const where = publication.place.machine === undefined ? publication.place.folder.path : publication.place.account;
    const text = repaired
      ? vscode.l10n.t('What lay in {0} was not what had been published. It is right again: {1} entries.', where, size)
      : vscode.l10n.t('{0} entries are published in {1}.', size, where);
    const show = repaired ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
    const offers = publication.address === undefined ? [] : [copy];
    if ((await show(text, ...offers)) === copy) await copyLinkOf(ledger, publication);
  };

  const copyLink = async (): Promise<void> => {
    const ledger = await chooseLedger(ledgers, vscode.l10n.t('Copy Verification Link'));
    if (!ledger) return;
    const known = (await createPublications(ledger.store).list()).filter(({ address }) => address !== undefined);
    if (known.length === 0)
      throw new DossierError('not-found', 'This ledger is not published at an address yet: use Publish Ledger first');
    const chosen =
      known.length === 1
        ? known[0]
        : (
            await vscode.window.showQuickPick(
              known.map((publication) => ({ label: publication.address!, publication })),
              { title: vscode.l10n.t('Copy Verification Link') },
            )
          )?.publication;
    if (chosen) await copyLinkOf(ledger, chosen);
  };

  return [
    vscode.commands.registerCommand('dossier.publishLedger', () => attempt(publish)),
    vscode.commands.registerCommand('dossier.copyVerificationLink', () => attempt(copyLink)),
  ];
}

async function copyLinkOf({ log }: Ledger, { address }: Publication): Promise<void> {
  await vscode.env.clipboard.writeText(verificationLink(address!, log.statementFingerprint));
  void vscode.window.showInformationMessage(
    vscode.l10n.t('The verification link is on the clipboard. Whoever gets it from you can check your files.'),
  );
}

type Choice = vscode.QuickPickItem & { readonly act: () => Promise<Publication | undefined> };

/** A folder that was chosen before, to be published into again, changed or ended; or a new one. */
async function choosePublication(services: Services, ledger: Ledger): Promise<Publication | undefined> {
  const publications = createPublications(ledger.store);
  const set = async (place: PublicationPlace | undefined, before?: Publication) => {
    const address = place && (await askAddress(before?.address));
    return place && address !== undefined ? publications.set({ place, address, automatic: true }) : undefined;
  };
  const known = (await publications.list()).flatMap((publication): Choice[] => {
    const where = publication.place.machine === undefined ? publication.place.folder.path : publication.place.account;
    return [
      { label: vscode.l10n.t('Publish again in {0}', where), act: async () => publication },
      { label: vscode.l10n.t('Change the address of {0}', where), act: () => set(publication.place, publication) },
      {
        label: vscode.l10n.t('Stop publishing in {0}', where),
        description: vscode.l10n.t('what is there stays'),
        act: async () => void (await publications.remove(publication.id)),
      },
    ];
  });
  const fresh: Choice[] = [
    { label: vscode.l10n.t('A folder on this computer…'), act: async () => set(await localPlace()) },
    ...(await services.connections.list()).map((connection) => ({
      label: vscode.l10n.t('A folder of "{0}"…', connection.name),
      act: async () => set(await placeOn(services, connection)),
    })),
  ];
  const chosen = await vscode.window.showQuickPick([...known, ...fresh], {
    title: vscode.l10n.t('Publish Ledger'),
    placeHolder: vscode.l10n.t('An empty folder that a web server shows, outside of your linked folders'),
    ignoreFocusOut: true,
  });
  return chosen?.act();
}

async function localPlace(): Promise<PublicationPlace | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: vscode.l10n.t('Publish Here'),
    title: vscode.l10n.t('Publish Ledger'),
  });
  const root = chosen?.[0]?.fsPath;
  if (root === undefined) return undefined;
  return {
    connection: '',
    kind: localFolderKind,
    account: root,
    folder: { path: rootPath },
    machine: vscode.env.machineId,
  };
}

async function placeOn({ connections, clock }: Services, { id }: Connection): Promise<PublicationPlace | undefined> {
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t('Publish Ledger'),
    prompt: vscode.l10n.t('Path of the folder; it is made where it is missing'),
    value: '/Public',
    ignoreFocusOut: true,
  });
  if (typed === undefined) return undefined;
  const drive = await connections.open(id);
  const account = await retry(() => drive.account(), { clock });
  const folder = await retry(() => ensureFolder(drive, parsePath(typed)), { clock });
  return { connection: id, kind: drive.kind, account: account.id, folder: { path: folder.path } };
}

/** Undefined when the person left; empty where there is none yet. */
async function askAddress(value = ''): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t('Publish Ledger'),
    prompt: vscode.l10n.t('The address under which everybody reaches that folder; leave it empty if there is none yet'),
    placeHolder: 'https://example.org/ledger/',
    value,
    ignoreFocusOut: true,
    validateInput: (text) => {
      if (text.trim() === '') return undefined;
      try {
        folderAddress(text);
        return undefined;
      } catch (error) {
        if (isDossierError(error)) return vscode.l10n.t('An address begins with https:// or http:// and names no user');
        throw error;
      }
    },
  });
}
