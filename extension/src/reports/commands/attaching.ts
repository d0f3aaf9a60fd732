import * as vscode from 'vscode';
import { type Attachment, type ByteSource, DossierError, type Report, say } from '../../../../shared/index.ts';
import {
  attachmentOf,
  copied,
  hasKept,
  isCopied,
  keptCopyOf,
  pathOf,
  uncopied,
  withKept,
} from '../../model/files/fileSources.ts';
import { attachmentAt, uriOf } from '../../model/files/uriSources.ts';
import type { ReportHome } from '../../model/storage/reportHomes.ts';
import type { Services } from '../../services.ts';
import { editorError } from '../../ui/editorError.ts';
import { withProgress } from '../../ui/progress.ts';
import { askChoice } from '../../ui/steps.ts';
import type { ReportDocument } from '../presentation/reportDocument.ts';
import type { Target } from '../target.ts';
import { withSidecars } from './sidecars.ts';

export interface Attaching {
  /** Attaches files to a report, in its editor, so that it can be undone. */
  add(report: string, files: readonly vscode.Uri[]): Promise<void>;
  /** Lets the user pick the files. */
  pick(target: Target): Promise<void>;
  /** Lets the user choose the report. */
  choose(files: readonly vscode.Uri[]): Promise<void>;
  detach(target: Target): Promise<void>;
  /** Copies the content into the vault, so that the report can be sent when the original is gone, or from elsewhere. */
  copy(report: string, attachment: string): Promise<void>;
  /** The inverse: refers to the original again. */
  uncopy(report: string, attachment: string): Promise<void>;
  copyOf(target: Target): Promise<void>;
  uncopyOf(target: Target): Promise<void>;
  /** In a draft: takes the content as it is now, the version that was attached, or another file. */
  renew(report: string, attachment: string): Promise<void>;
  useKept(report: string, attachment: string): Promise<void>;
  exchange(report: string, attachment: string): Promise<void>;
  /** The same for the attachment that interrupted a report, which then goes on. */
  replace(report: Report): Promise<void>;
  sendNew(report: Report): Promise<void>;
  sendKept(report: Report): Promise<void>;
  show(target: Target): Promise<void>;
  showOf(attachments: readonly Attachment[], id: string): Promise<void>;
}

interface Reach {
  open(report: string): Promise<ReportDocument>;
  /** Saves what stands in the editor of a report; rejects when that fails. */
  save(report: string): Promise<void>;
  idOf(target: Target): string;
  /** Reports in open editors, the one with the focus first. */
  openOnes(): readonly ReportDocument[];
}

/** The version that was attached is kept of files that are worked on, and these are small. */
const mostKept = 16 * 1024 * 1024;

type Change = (attachment: Attachment, home: ReportHome) => Promise<Attachment | undefined>;

export function createAttaching(services: Services, { open, save, idOf, openOnes }: Reach): Attaching {
  const { files, homes, log, reports, sending } = services;

  /** A file as an attachment; of one that is worked on, its content as it is now is kept too. */
  const attached = async (uri: vscode.Uri): Promise<Attachment> => {
    if (!services.isOnThisComputer(uri)) return attachmentAt(uri);
    const attachment = await attachmentOf(files, uri.fsPath);
    const wanted = vscode.workspace.getConfiguration('dossier').get('keepAttachedVersions', true);
    if (!wanted || attachment.size > mostKept || !vscode.workspace.getWorkspaceFolder(uri)) return attachment;
    try {
      const source = await homes.here.sources.open(attachment);
      const kept = await homes.here.copies.keep(source);
      return (await source.fingerprint()) === attachment.fingerprint ? withKept(attachment, kept) : attachment;
    } catch (error) {
      log.write('info', 'The version that was attached is not kept', { reason: String(error) });
      return attachment;
    }
  };

  const add: Attaching['add'] = async (report, chosen) => {
    const here = chosen.filter((uri) => services.isOnThisComputer(uri));
    const uris = [...chosen, ...(await withSidecars(here)).slice(here.length)];
    const attachments = await Promise.all(uris.map(attached));
    const document = await open(report);
    const known = new Set(document.draft.attachments.map(placeOf));
    const twice = attachments.filter((each) => known.has(placeOf(each)));
    const again = twice.length > 0 && (await isWantedTwice(twice));
    document.attach(again ? attachments : attachments.filter((each) => !twice.includes(each)));
  };

  const pickFiles = async (many: boolean) =>
    (await vscode.window.showOpenDialog({
      canSelectFiles: true,
      canSelectMany: many,
      openLabel: vscode.l10n.t('Attach'),
      title: vscode.l10n.t('Attach Files'),
    })) ?? [];

  const showOf: Attaching['showOf'] = async (attachments, id) => {
    const attachment = attachments.find((each) => each.id === id);
    const elsewhere = attachment && uriOf(attachment);
    if (elsewhere) {
      await vscode.commands.executeCommand('vscode.open', elsewhere);
      return;
    }
    const path = attachment && pathOf(attachment);
    if (!path) throw new DossierError('source-missing');
    if (isCopied(attachment) && !(await files.stat(path)))
      throw editorError(
        'source-missing',
        say`The original of "${attachment.name}" is gone. Its copy in the vault is what will be sent.`,
        path,
      );
    if (!(await files.stat(path)))
      throw editorError('source-missing', say`"${attachment.name}" is not at its place any more`, path);
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path));
  };

  const of = (target: Target) => {
    if (typeof target !== 'object' || target.type !== 'attachment')
      throw editorError('invalid-input', 'Choose an attachment first');
    return target;
  };

  /**
   * The attachment, in an editor whose content is saved before and after: a copy that no stored report refers to would
   * be swept away.
   */
  const change = async (report: string, id: string, label: string, other: Change) => {
    const document = await open(report);
    await save(report);
    const attachment = document.draft.attachments.find((each) => each.id === id);
    if (!attachment || !document.stored) throw editorError('invalid-input', 'Choose an attachment first');
    const changed = await other(attachment, homes.byId(document.stored.home));
    if (!changed) return;
    document.replace(label, changed);
    await save(report);
  };

  const copyLabel = vscode.l10n.t('Copy into the vault');
  const isolate = (attachment: Attachment, home: ReportHome, source: ByteSource): Promise<Attachment> =>
    withProgress(vscode.l10n.t('Copying {0} into the vault', attachment.name), async (signal) =>
      copied(attachment, await home.copies.keep(source, { signal })),
    );
  const copyNow: Change = async (attachment, home) => {
    const source = await home.sources.open(attachment);
    const isSame = async () => (await source.fingerprint()) === attachment.fingerprint;
    const different = editorError(
      'source-changed',
      say`"${attachment.name}" has changed since it was attached: attach it again`,
    );
    if (!(await isSame())) throw different;
    const done = await isolate(attachment, home, source);
    if (!(await isSame())) throw different;
    return done;
  };
  const keptVersion = async (attachment: Attachment, home: ReportHome): Promise<Attachment> => {
    if (!hasKept(attachment)) throw new DossierError('source-missing');
    return isolate(attachment, home, await homes.here.copies.open(keptCopyOf(attachment)));
  };
  const newVersion = async (attachment: Attachment): Promise<Attachment> => {
    const [path, elsewhere] = [pathOf(attachment), uriOf(attachment)];
    if (path === undefined && !elsewhere) throw new DossierError('source-missing');
    const now = await attached(elsewhere ?? vscode.Uri.file(path as string));
    return { ...now, id: attachment.id, name: attachment.name, ...chosenFor(attachment) };
  };
  const otherFile = async (attachment: Attachment): Promise<Attachment | undefined> => {
    const [chosen] = await pickFiles(false);
    return chosen && { ...(await attached(chosen)), id: attachment.id, ...chosenFor(attachment) };
  };

  const uncopy: Attaching['uncopy'] = (report, id) =>
    change(report, id, vscode.l10n.t('Use the original'), (attachment) => uncopied(files, attachment));

  /** For the attachment that interrupted a report; the report goes on with what it is given. */
  const mend = async (report: Report, other: Change): Promise<void> => {
    const concerned = report.attachments.find(({ id }) => id === report.interruption?.attachment);
    const home = homes.byId((await reports.get(report.id))?.home ?? '');
    const changed = concerned && (await other(concerned, home));
    if (!concerned || !changed) return;
    await sending.reattach(report.id, concerned.id, changed);
    await sending.resume(report.id);
  };

  return {
    add,
    copy: (report, id) => change(report, id, copyLabel, copyNow),
    uncopy,
    async copyOf(target) {
      const { report, attachment } = of(target);
      await change(report.id, attachment.id, copyLabel, copyNow);
    },
    async uncopyOf(target) {
      const { report, attachment } = of(target);
      await uncopy(report.id, attachment.id);
    },
    renew: (report, id) => change(report, id, vscode.l10n.t('Use the new version'), newVersion),
    useKept: (report, id) => change(report, id, vscode.l10n.t('Use the version that was attached'), keptVersion),
    exchange: (report, id) => change(report, id, vscode.l10n.t('Replace attachment'), otherFile),
    showOf,
    async pick(target) {
      const id = idOf(target);
      const chosen = await pickFiles(true);
      if (chosen.length > 0) await add(id, chosen);
    },
    async choose(uris) {
      const chosen = uris.length > 0 ? uris : await pickFiles(true);
      if (chosen.length === 0) return;
      const { reports: drafts } = await reports.list({ place: 'drafts' });
      const unsaved = openOnes().filter(({ stored }) => stored === undefined);
      const choices = [
        ...unsaved.map(({ id, draft }) => ({
          value: id,
          label: draft.title.trim() || vscode.l10n.t('New Report'),
          description: vscode.l10n.t('open, not saved yet'),
        })),
        ...drafts.map(({ report }) => ({ value: report.id, label: report.title })),
        { value: reports.begin(), label: vscode.l10n.t('$(add) New report') },
      ];
      const answer = await askChoice(
        { title: vscode.l10n.t('Attach to Report'), step: 1, totalSteps: 1 },
        vscode.l10n.t('Which report?'),
        choices,
        openOnes()[0]?.id,
      );
      if (typeof answer === 'string') await add(answer, chosen);
    },
    async detach(target) {
      const { report, attachment } = of(target);
      (await open(report.id)).detach(attachment.id);
    },
    replace: (report) => mend(report, otherFile),
    sendNew: (report) => mend(report, newVersion),
    sendKept: (report) => mend(report, keptVersion),
    async show(target) {
      const { report, attachment } = of(target);
      await showOf(report.attachments, attachment.id);
    },
  };
}

/** Another content goes in the same way. */
function chosenFor({ metadata }: Attachment): Pick<Attachment, 'metadata'> {
  return metadata === undefined ? {} : { metadata };
}

/** The same place is the same file, whatever it is called. */
function placeOf(attachment: Attachment): string {
  return pathOf(attachment) ?? uriOf(attachment)?.toString() ?? attachment.id;
}

async function isWantedTwice([first, ...others]: readonly Attachment[]): Promise<boolean> {
  const anyway = vscode.l10n.t('Attach Again');
  const question =
    others.length === 0
      ? vscode.l10n.t('"{0}" is attached to this report already.', first?.name ?? '')
      : vscode.l10n.t('{0} of these files are attached to this report already.', others.length + 1);
  const detail = vscode.l10n.t('Attached again, the file is sent twice, the second time under a name with a number.');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, anyway)) === anyway;
}
