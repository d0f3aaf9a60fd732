import * as vscode from 'vscode';
import { DossierError, isDossierError, type Report } from '../../../../shared/index.ts';
import type { ConnectionNode } from '../../connections/connectionTree.ts';
import { grantPermission } from '../../connections/grantPermission.ts';
import type { PageAction } from '../../model/files/protocol.ts';
import { reportUri, reportViewType } from '../../model/reports/reportUri.ts';
import type { Services } from '../../services.ts';
import { editorError } from '../../ui/editorError.ts';
import { registerTargetCommand } from '../../ui/rowCommands.ts';
import { askText } from '../../ui/steps.ts';
import type { PageRequest, ReportEditor } from '../editor/reportEditor.ts';
import { isSaved, type ReportDocument } from '../presentation/reportDocument.ts';
import { refusedFields } from '../presentation/reportView.ts';
import type { Target } from '../target.ts';
import { createAttaching } from './attaching.ts';
import { confirmSubmit } from './confirmSubmit.ts';
import { createMetadataChoices } from './metadataChoices.ts';
import { openDestination } from './openDestination.ts';

export interface ReportCommands {
  readonly registered: vscode.Disposable[];
  /** Does what was asked for on the page of a report. */
  answer(document: ReportDocument, request: PageRequest): Promise<void>;
  /** Lets an interrupted report go on, in the way that its interruption names. */
  mend(report: Report): Promise<unknown>;
  /** Attaches dropped files to a report, or asks to which. */
  drop(report: string | undefined, files: readonly vscode.Uri[]): Promise<unknown>;
}

/** Everything that can be done with reports, from the tree, the palette, the keyboard and the page alike. */
export function createReportCommands(services: Services, editor: () => ReportEditor): ReportCommands {
  const { connections, reports, sending, problems, attempt } = services;

  const idOf = (target: Target): string => {
    const id =
      typeof target === 'string' ? target : target && 'report' in target ? target.report.id : editor().active?.id;
    if (id === undefined) throw editorError('invalid-input', 'Open a report first');
    return id;
  };

  const reportOf = async (target: Target): Promise<Report> => {
    const stored = await reports.get(idOf(target));
    if (!stored) throw editorError('invalid-input', 'A report needs a title');
    return stored.report;
  };

  const open = async (id: string): Promise<ReportDocument> => {
    await vscode.commands.executeCommand('vscode.openWith', reportUri(id), reportViewType);
    const document = editor().open(id);
    if (!document) throw editorError('not-found', 'The report could not be opened');
    return document;
  };

  const create = async (target: Target | ConnectionNode): Promise<void> => {
    const id = reports.begin();
    editor().begin(id, connectionOf(target));
    await open(id);
  };

  /** What stands in the editor is what is meant. */
  const saveOpen = async (id: string): Promise<void> => {
    const document = editor().open(id);
    if (!document) return;
    if (isSaved(document)) return;
    const { draft, uri } = document;
    if (draft.title.trim() === '') {
      document.check();
      throw editorError('invalid-input', 'A report needs a title', fieldsRefused);
    }
    if (!(await vscode.workspace.save(uri))) throw new DossierError('cancelled');
  };

  const attaching = createAttaching(services, {
    open,
    save: saveOpen,
    idOf,
    openOnes: () => {
      const { active, all } = editor();
      return [...(active ? [active] : []), ...all.filter((each) => each !== active)];
    },
  });

  const choices = createMetadataChoices(services, { open, opened: (id) => editor().open(id), save: saveOpen });

  const send = (event: 'submit' | 'submitLater') => async (target: Target) => {
    const id = idOf(target);
    const document = editor().open(id);
    const missing = document && refusedFields(document.draft, await connections.list());
    if (document && missing && Object.keys(missing).length > 0) {
      document.check();
      if (missing.title !== undefined) throw editorError('invalid-input', 'A report needs a title', fieldsRefused);
      throw editorError('invalid-input', 'Choose where to send this report', fieldsRefused);
    }
    await saveOpen(id);
    if (!(await choices.settle(id))) return;
    const report = await reportOf(id);
    const { id: connection } = await connections.get(report.connection);
    // Going on needs no second word.
    const isNew = report.state === 'draft' || report.state === 'queued';
    if (event === 'submit' && isNew && !(await confirmSubmit(services, report))) return;
    services.preferConnection(connection);
    await sending[event](id);
  };

  const move = (event: 'pause' | 'resume' | 'reopen') => async (target: Target) => sending[event](idOf(target));

  const rename = async (target: Target): Promise<void> => {
    const report = await reportOf(target);
    const title = await askText(
      { title: vscode.l10n.t('Rename Report'), step: 1, totalSteps: 1 },
      {
        prompt: vscode.l10n.t('Title of the report'),
        value: report.title,
        refuse: (text) => (text.trim() === '' ? vscode.l10n.t('A report needs a title') : undefined),
      },
    );
    if (typeof title !== 'string') return;
    (await open(report.id)).write('title', title.trim());
    await saveOpen(report.id);
  };

  const remove = async (target: Target): Promise<void> => {
    const report = await reportOf(target);
    const confirm = vscode.l10n.t('Delete Report');
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('Delete the report "{0}"?', report.title),
      { modal: true, detail: consequence(report) },
      confirm,
    );
    if (answer !== confirm) return;
    if (editor().open(report.id)) {
      await open(report.id);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    }
    await sending.delete(report.id);
  };

  /** What is on this computer, and what is on the drives now. */
  const refresh = async (): Promise<void> => {
    reports.changed();
    const failures = await vscode.window.withProgress({ location: { viewId: 'dossier.reports' } }, () =>
      reports.refresh(),
    );
    for (const failure of failures) problems.report(failure);
  };

  const interrupted = (act: (report: Report) => Promise<unknown>) => async (id: string) => act(await reportOf(id));

  const byMend: Readonly<Record<NonNullable<Report['interruption']>['mend'], (report: Report) => Promise<unknown>>> = {
    resume: ({ id }) => sending.resume(id),
    freeSpace: ({ id }) => sending.resume(id),
    edit: ({ id }) => sending.reopen(id),
    reattach: (report) => attaching.replace(report),
    signIn: ({ connection }) => run('dossier.signIn', { id: connection }),
    grantPermission: async ({ connection }) => grantPermission(services, await connections.get(connection)),
    acceptCertificate: ({ connection }) => run('dossier.signIn', { id: connection }),
    unlockVault: () => run('dossier.enterKey'),
    askForHelp: () => run('dossier.showLog'),
  };
  const mend = async (report: Report) => report.interruption && byMend[report.interruption.mend](report);

  const byAction: Readonly<Record<PageAction, (id: string) => Promise<unknown>>> = {
    save: async (id) => vscode.workspace.save(reportUri(id)),
    submit: send('submit'),
    submitLater: send('submitLater'),
    pause: move('pause'),
    resume: move('resume'),
    reopen: move('reopen'),
    delete: remove,
    openDestination: async (id) => openDestination(services, await reportOf(id)),
    mend: interrupted(mend),
    sendNew: interrupted(attaching.sendNew),
    sendKept: interrupted(attaching.sendKept),
    addConnection: () => run('dossier.addConnection'),
  };

  const commands: Readonly<Record<string, (target: Target) => Promise<unknown>>> = {
    'dossier.openReport': async (target) => open(idOf(target)),
    'dossier.saveReport': async (target) => byAction.save(idOf(target)),
    'dossier.submitReport': send('submit'),
    'dossier.submitReportLater': send('submitLater'),
    'dossier.pauseReport': move('pause'),
    'dossier.resumeReport': move('resume'),
    'dossier.reopenReport': move('reopen'),
    'dossier.deleteReport': remove,
    'dossier.renameReport': rename,
    'dossier.openDestination': async (target) => openDestination(services, await reportOf(target)),
    'dossier.attachFiles': attaching.pick,
    'dossier.openAttachment': attaching.show,
    'dossier.removeAttachment': attaching.detach,
    'dossier.copyAttachment': attaching.copyOf,
    'dossier.uncopyAttachment': attaching.uncopyOf,
    'dossier.sendWithoutMetadata': choices.chooseOf('remove'),
    'dossier.sendWithMetadata': choices.chooseOf('keep'),
  };

  const answerTo = async (document: ReportDocument, request: PageRequest): Promise<unknown> => {
    switch (request.type) {
      case 'ask':
        return byAction[request.action](document.id);
      case 'attach':
        return attaching.pick(document.id);
      case 'drop':
        return attaching.add(
          document.id,
          request.uris.map((uri) => vscode.Uri.parse(uri, true)),
        );
      case 'remove':
        return document.detach(request.attachment);
      case 'copy':
        return attaching.copy(document.id, request.attachment);
      case 'uncopy':
        return attaching.uncopy(document.id, request.attachment);
      case 'keepMetadata':
        return choices.choose(document.id, request.attachment, 'keep');
      case 'removeMetadata':
        return choices.choose(document.id, request.attachment, 'remove');
      case 'renew':
        return attaching.renew(document.id, request.attachment);
      case 'useKept':
        return attaching.useKept(document.id, request.attachment);
      case 'replace':
        return attaching.exchange(document.id, request.attachment);
      case 'open':
        return attaching.showOf(document.draft.attachments, request.attachment);
    }
  };

  return {
    mend,
    drop: (report, files) =>
      attempt(() => (report === undefined ? attaching.choose(files) : attaching.add(report, files))),
    async answer(document, request) {
      try {
        await answerTo(document, request);
      } catch (thrown) {
        // It stands beside the fields already.
        if (isDossierError(thrown) && thrown.path === fieldsRefused) return;
        // On the page it is read where it was asked for, and covers nothing.
        const problem = problems.describe(thrown);
        if (problem !== undefined) document.complain(problem);
      }
    },
    registered: [
      ...Object.entries(commands).map(([id, act]) =>
        registerTargetCommand(id, (target: Target) => attempt(() => act(target))),
      ),
      vscode.commands.registerCommand('dossier.newReport', (target: Target | ConnectionNode) =>
        attempt(() => create(target)),
      ),
      vscode.commands.registerCommand(
        'dossier.attachToReport',
        (file: vscode.Uri | undefined, files: vscode.Uri[] | undefined) =>
          attempt(() => attaching.choose(files ?? (file ? [file] : []))),
      ),
      vscode.commands.registerCommand('dossier.refresh', () => attempt(refresh)),
    ],
  };
}

/** Of the row that the new report is asked for at: in the Reports view, or in Connections. */
function connectionOf(target: Target | ConnectionNode): string | undefined {
  if (typeof target !== 'object') return undefined;
  if ('report' in target) return target.report.connection;
  if (target.type === 'group') return target.connections[0]?.id;
  if (target.type === 'connection') return 'connection' in target ? target.connection.id : target.id;
  return target.connection;
}

/** Marks the error that the fields of the page tell by themselves. */
const fieldsRefused = 'fields';

function run(command: string, argument?: unknown): Promise<unknown> {
  return Promise.resolve(vscode.commands.executeCommand(command, argument));
}

function consequence({ state }: Report): string {
  if (state === 'submitted')
    return vscode.l10n.t('Only the copy in this list is deleted. What was delivered stays at its destination.');
  if (state === 'draft' || state === 'queued')
    return vscode.l10n.t('The attached files themselves stay where they are.');
  return vscode.l10n.t('What has not been sent yet is cancelled. What is already at the destination stays there.');
}
