import * as vscode from 'vscode';
import { type Attachment, DossierError, type Report, say } from '../../../../shared/index.ts';
import { attachmentOf, copied, isCopied, pathOf, uncopied } from '../../model/files/fileSources.ts';
import type { ReportHome } from '../../model/storage/reportHomes.ts';
import type { Services } from '../../services.ts';
import { editorError } from '../../ui/editorError.ts';
import { withProgress } from '../../ui/progress.ts';
import { askChoice } from '../../ui/steps.ts';
import type { ReportDocument } from '../presentation/reportDocument.ts';
import type { Target } from '../target.ts';

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
  /** Gives another source to the attachment that interrupted a report. */
  replace(report: Report): Promise<void>;
  show(target: Target): Promise<void>;
  showOf(attachments: readonly Attachment[], id: string): Promise<void>;
}

interface Reach {
  open(report: string): Promise<ReportDocument>;
  /** Saves what stands in the editor of a report; rejects when that fails. */
  save(report: string): Promise<void>;
  idOf(target: Target): string;
}

export function createAttaching(services: Services, { open, save, idOf }: Reach): Attaching {
  const { files, homes, reports, sending } = services;

  const add: Attaching['add'] = async (report, uris) => {
    const attachments = await Promise.all(uris.map((uri) => attachmentOf(files, localPath(uri))));
    const document = await open(report);
    document.attach(attachments);
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
  const exchange = async (
    report: string,
    id: string,
    label: string,
    other: (attachment: Attachment, home: ReportHome) => Promise<Attachment>,
  ) => {
    const document = await open(report);
    await save(report);
    const attachment = document.draft.attachments.find((each) => each.id === id);
    if (!attachment || !document.stored) throw editorError('invalid-input', 'Choose an attachment first');
    document.replace(label, await other(attachment, homes.byId(document.stored.home)));
    await save(report);
  };
  const copy: Attaching['copy'] = (report, id) =>
    exchange(report, id, vscode.l10n.t('Copy into the vault'), async (attachment, home) => {
      const source = await home.sources.open(attachment);
      const isSame = async () => (await source.fingerprint()) === attachment.fingerprint;
      const changed = editorError(
        'source-changed',
        say`"${attachment.name}" has changed since it was attached: attach it again`,
      );
      if (!(await isSame())) throw changed;
      const kept = await withProgress(vscode.l10n.t('Copying {0} into the vault', attachment.name), (signal) =>
        home.copies.keep(source, { signal }),
      );
      if (!(await isSame())) throw changed;
      return copied(attachment, kept);
    });
  const uncopy: Attaching['uncopy'] = (report, id) =>
    exchange(report, id, vscode.l10n.t('Use the original'), (attachment) => uncopied(files, attachment));

  return {
    add,
    copy,
    uncopy,
    async copyOf(target) {
      const { report, attachment } = of(target);
      await copy(report.id, attachment.id);
    },
    async uncopyOf(target) {
      const { report, attachment } = of(target);
      await uncopy(report.id, attachment.id);
    },
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
      const fresh = { value: reports.begin(), label: vscode.l10n.t('$(add) New report') };
      const choices = drafts.map(({ report }) => ({ value: report.id, label: report.title }));
      const answer = await askChoice(
        { title: vscode.l10n.t('Attach to Report'), step: 1, totalSteps: 1 },
        vscode.l10n.t('Which report?'),
        [fresh, ...choices],
      );
      if (typeof answer === 'string') await add(answer, chosen);
    },
    async detach(target) {
      const { report, attachment } = of(target);
      (await open(report.id)).detach(attachment.id);
    },
    async replace(report) {
      const [chosen] = await pickFiles(false);
      const concerned = report.interruption?.attachment;
      if (chosen && concerned)
        await sending.reattach(report.id, concerned, await attachmentOf(files, localPath(chosen)));
    },
    async show(target) {
      const { report, attachment } = of(target);
      await showOf(report.attachments, attachment.id);
    },
  };
}

/** Attachments are read from this machine's disk: nothing else can be read in pieces, or again after a restart. */
function localPath(uri: vscode.Uri): string {
  if (uri.scheme !== 'file' && uri.scheme !== 'vscode-remote') {
    throw editorError('unsupported', say`"${uri.path}" is not a file on this computer: save it to a folder first`);
  }
  return uri.fsPath;
}
