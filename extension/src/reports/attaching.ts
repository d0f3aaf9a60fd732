import * as vscode from 'vscode';
import { type Attachment, createReportId, DossierError, type Report } from '../../../shared/index.ts';
import { editorError } from '../host/editorError.ts';
import { askChoice } from '../host/steps.ts';
import type { Services } from '../services.ts';
import { attachmentOf, pathOf } from './fileSources.ts';
import type { Target } from './reportCommands.ts';
import type { ReportDocument } from './reportDocument.ts';

export interface Attaching {
  /** Attaches files to a report, in its editor, so that it can be undone. */
  add(report: string, files: readonly vscode.Uri[]): Promise<void>;
  /** Lets the user pick the files. */
  pick(target: Target): Promise<void>;
  /** Lets the user choose the report. */
  choose(files: readonly vscode.Uri[]): Promise<void>;
  detach(target: Target): Promise<void>;
  /** Gives another source to the attachment that interrupted a report. */
  replace(report: Report): Promise<void>;
  show(target: Target): Promise<void>;
  showOf(attachments: readonly Attachment[], id: string): Promise<void>;
}

interface Reach {
  open(report: string): Promise<ReportDocument>;
  idOf(target: Target): string;
}

export function createAttaching(services: Services, { open, idOf }: Reach): Attaching {
  const { files, reports, sending, clock } = services;

  const add: Attaching['add'] = async (report, uris) => {
    const attachments = await Promise.all(uris.map((uri) => attachmentOf(files, localPath(uri))));
    const document = await open(report);
    document.attach(attachments);
  };

  const pickFiles = async (many: boolean) =>
    (await vscode.window.showOpenDialog({ canSelectFiles: true, canSelectMany: many, openLabel: vscode.l10n.t('Attach'), title: vscode.l10n.t('Attach Files') })) ?? [];

  const showOf: Attaching['showOf'] = async (attachments, id) => {
    const attachment = attachments.find((each) => each.id === id);
    const path = attachment && pathOf(attachment);
    if (!path) throw new DossierError('source-missing');
    if (!(await files.stat(path))) throw editorError('source-missing', vscode.l10n.t('"{0}" is not at its place any more', attachment.name), path);
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path));
  };

  const of = (target: Target) => {
    if (typeof target !== 'object' || target.type !== 'attachment') throw editorError('invalid-input', vscode.l10n.t('Choose an attachment first'));
    return target;
  };

  return {
    add,
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
      const fresh = { value: createReportId(clock.now()), label: vscode.l10n.t('$(add) New report') };
      const choices = drafts.map(({ report }) => ({ value: report.id, label: report.title }));
      const answer = await askChoice({ title: vscode.l10n.t('Attach to Report'), step: 1, totalSteps: 1 }, vscode.l10n.t('Which report?'), [fresh, ...choices]);
      if (typeof answer === 'string') await add(answer, chosen);
    },
    async detach(target) {
      const { report, attachment } = of(target);
      (await open(report.id)).detach(attachment.id);
    },
    async replace(report) {
      const [chosen] = await pickFiles(false);
      const concerned = report.interruption?.attachment;
      if (chosen && concerned) await sending.reattach(report.id, concerned, await attachmentOf(files, localPath(chosen)));
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
    throw editorError('unsupported', vscode.l10n.t('"{0}" is not a file on this computer: save it to a folder first', uri.path));
  }
  return uri.fsPath;
}
