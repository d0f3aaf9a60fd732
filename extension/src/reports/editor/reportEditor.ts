import { dirname } from 'node:path';
import * as vscode from 'vscode';
import {
  fromUtf8,
  type Metadata,
  newReport,
  parseContent,
  parseJson,
  parseReport,
  type Report,
  utf8,
} from '../../../../shared/index.ts';
import type { Credentials } from '../../model/credentials/readCredentials.ts';
import { pathOf, type Standing, standingOf } from '../../model/files/fileSources.ts';
import { parseToExtension, type ToExtension, type ToPage } from '../../model/files/protocol.ts';
import { isConflict, type KeptReport } from '../../model/reports/reportStore.ts';
import { reportIdOf } from '../../model/reports/reportUri.ts';
import type { Services } from '../../services.ts';
import {
  createReportDocument,
  type Draft,
  draftOf,
  isEditable,
  isSaved,
  type ReportDocument,
  type ReportEdit,
} from '../presentation/reportDocument.ts';
import { reportView } from '../presentation/reportView.ts';
import { keepBoth } from './conflict.ts';
import { pageHtml } from './page.ts';

/** What a person asked for on the page, beyond editing text. */
export type PageRequest = Exclude<ToExtension, { type: 'ready' } | { type: 'edit' }>;

export interface ReportEditor extends vscode.CustomEditorProvider<ReportDocument> {
  /** A report that is about to be opened for the first time goes to this connection. */
  begin(id: string, connection: string | undefined): void;
  /** All reports in open editors. */
  readonly all: readonly ReportDocument[];
  /** The report in an open editor. */
  open(id: string): ReportDocument | undefined;
  /** The report of the editor that has the focus. */
  readonly active: ReportDocument | undefined;
  readonly onDidChangeActive: vscode.Event<void>;
}

/**
 * VS Code writes the title of a tab to the disk as it is, in its backups and its memory of windows. Whoever does not
 * want that is told only when the report was begun.
 */
function tabTitle(title: string, begun: number | undefined): string {
  const isShown = vscode.workspace.getConfiguration('dossier').get('titlesInTabs', true);
  if (isShown && title.trim() !== '') return title.trim();
  if (begun === undefined) return vscode.l10n.t('New Report');
  return vscode.l10n.t(
    'Report of {0}',
    new Date(begun).toLocaleString(vscode.env.language, { dateStyle: 'medium', timeStyle: 'short' }),
  );
}

/**
 * Reports as editors of VS Code: unsaved mark, Save, Undo, Revert, the question on closing and the recovery after a
 * crash are the editor's own.
 */
export function createReportEditor(
  services: Services,
  answer: (document: ReportDocument, request: PageRequest) => Promise<void>,
): ReportEditor {
  const { connections, credentials, homes, metadata, reports, sending, vault, clock, problems } = services;
  const edits = new vscode.EventEmitter<ReportEdit>();
  const activeChanged = new vscode.EventEmitter<void>();
  const documents = new Map<string, ReportDocument>();
  const begun = new Map<string, string>();
  let active: ReportDocument | undefined;

  const activate = (document: ReportDocument | undefined) => {
    active = document;
    activeChanged.fire();
  };

  const blank = async (report: string): Promise<Draft> => {
    const known = await connections.list();
    const wanted = begun.get(report) ?? services.preferredConnection();
    const usual = known.find(({ id }) => id === wanted) ?? known[0];
    return { title: '', description: '', attachments: [], connection: usual?.id ?? '' };
  };

  const store = async (document: ReportDocument): Promise<void> => {
    if (!isEditable(document.stored?.report)) return;
    const now = clock.now();
    const report: Report = {
      ...newReport(document.draft, { id: document.id, connection: document.draft.connection, now }),
      created: document.stored?.report.created ?? now,
    };
    try {
      document.settle(await reports.save(report, document.stored, now));
    } catch (thrown) {
      // What somebody else made of it may be no draft any more, and that is refused in other words.
      const theirs = await reports.read(document.id).catch(() => undefined);
      if (!isConflict(thrown) && (!theirs || theirs.version === document.stored?.version)) throw thrown;
      const mine = await keepBoth(services, report, document.stored, theirs);
      document.settle(theirs ?? mine);
    }
    vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Draft saved'), 3000);
  };

  return {
    onDidChangeCustomDocument: edits.event,
    onDidChangeActive: activeChanged.event,
    get active() {
      return active;
    },
    begin(id, connection) {
      if (connection !== undefined) begun.set(id, connection);
    },
    get all() {
      return [...documents.values()];
    },
    open: (id) => documents.get(id),

    async openCustomDocument(uri, { backupId }) {
      const id = reportIdOf(uri);
      const backup = backupId === undefined ? undefined : await readBackup(services, vscode.Uri.parse(backupId));
      // With what was typed comes what it was typed into: so it opens without a network, and saving it tells when
      // somebody else was faster.
      const stored = backup ? backup.stored : await reports.read(id);
      const draft = backup?.draft ?? (stored ? draftOf(stored.report) : await blank(id));
      const document = createReportDocument({
        uri,
        id,
        stored,
        draft,
        now: () => clock.now(),
        onDispose: () => documents.delete(id),
      });
      document.onDidEdit((edit) => edits.fire(edit));
      documents.set(id, document);
      return document;
    },

    resolveCustomEditor(document, panel) {
      const { webview } = panel;
      let serial = 0;
      const rendered = createRenderer();
      let standings: ReadonlyMap<string, Standing> = new Map();
      let said: ReadonlyMap<string, Metadata> = new Map();
      let judged: ReadonlyMap<string, Credentials> = new Map();
      /** Whether the files are still as they were attached, and what they say of themselves. */
      const lookAround = async () => {
        if (!isEditable(document.stored?.report)) return;
        const found = new Map<string, Standing>();
        for (const attachment of document.draft.attachments) {
          const standing = await standingOf(homes.here.sources, attachment);
          if (standing) found.set(attachment.id, standing);
        }
        const saying = await metadata.all(document.draft.attachments);
        if (JSON.stringify([[...found], [...saying]]) === JSON.stringify([[...standings], [...said]])) return;
        standings = found;
        said = saying;
        await show();
      };
      /** What their content credentials are worth, which takes longer. */
      const judge = async () => {
        if (!isEditable(document.stored?.report)) return;
        const found = await credentials.all(document.draft.attachments);
        if (JSON.stringify([...found]) === JSON.stringify([...judged])) return;
        judged = found;
        await show();
      };
      const look = () =>
        void lookAround()
          .then(judge)
          .catch((error: unknown) => problems.describe(error));
      const show = async () => {
        const { draft, stored, problem, checked } = document;
        const report = stored?.report;
        const descriptionHtml = isEditable(report) ? undefined : await rendered(draft.description);
        const view = reportView({
          serial,
          draft,
          report,
          connections: await connections.list(),
          progress: sending.progress(document.id),
          problem,
          checked,
          standings,
          metadata: said,
          credentials: judged,
          descriptionHtml,
        });
        panel.title = tabTitle(view.title, report?.created);
        await webview.postMessage({ type: 'show', view } satisfies ToPage);
      };
      /** A report that had nowhere to go takes the first connection that there is. */
      const addressed = async () => {
        const known = await connections.list();
        const { draft, stored } = document;
        if (!isEditable(stored?.report) || draft.connection !== '' || known.length === 0) return;
        document.write('connection', known[0]?.id ?? '');
      };
      const refresh = async () => {
        const stored = await reports.get(document.id);
        const isNews =
          stored !== undefined && (stored.version !== document.stored?.version || stored.home !== document.stored.home);
        // What is typed here and not saved stays; saving it will tell that somebody else was faster.
        if (isNews && (!isEditable(document.stored?.report) || isSaved(document))) document.settle(stored);
        else if (isNews && document.stored && isSaved({ stored, draft: document.stored.report }))
          document.settle(stored, document.draft);
        await show();
      };
      const listeners = [
        document.onDidChange(() => {
          void show();
          look();
        }),
        connections.onDidChange(() => void addressed().then(show)),
        vscode.workspace.onDidSaveTextDocument(look),
        vscode.window.onDidChangeWindowState(look),
        watcherOf(document, look),
        reports.onDidChange(() => void refresh()),
        sending.onDidProgress((id) => void (id === document.id && show())),
        panel.onDidChangeViewState(() => {
          look();
          if (panel.active) activate(document);
          else if (active === document) activate(undefined);
        }),
        webview.onDidReceiveMessage((raw: unknown) => {
          const message = parseToExtension(raw);
          if (message?.type === 'ready') void show().then(look);
          else if (message?.type === 'edit') {
            serial = message.serial;
            document.write(message.field, message.value);
          } else if (message) void answer(document, message);
        }),
      ];
      panel.onDidDispose(() => {
        for (const listener of listeners) listener.dispose();
        if (active === document) activate(undefined);
      });
      panel.title = tabTitle(document.draft.title, document.stored?.report.created);
      webview.options = {
        enableScripts: true,
        localResourceRoots: [vscode.Uri.joinPath(services.extensionUri, 'dist')],
      };
      webview.html = pageHtml(webview, services.extensionUri);
      if (panel.active) activate(document);
    },

    async saveCustomDocument(document) {
      if (document.draft.title.trim() === '') document.check();
      try {
        await store(document);
      } catch (thrown) {
        // VS Code shows this sentence in its own words around it.
        throw new Error(problems.describe(thrown), { cause: thrown });
      }
    },
    async saveCustomDocumentAs() {
      throw new Error(vscode.l10n.t('A report is kept by Dossier and not in a file. Save it instead.'));
    },
    async revertCustomDocument(document) {
      const stored = await reports.read(document.id);
      document.settle(stored, stored ? undefined : await blank(document.id));
    },
    async backupCustomDocument(document, { destination }) {
      await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(destination, '..'));
      await vscode.workspace.fs.writeFile(destination, await vault.seal(utf8(JSON.stringify(backupOf(document)))));
      return {
        id: destination.toString(),
        delete: () => void vscode.workspace.fs.delete(destination).then(undefined, () => undefined),
      };
    },
  };
}

/** Markdown as the editor's own preview makes it; undefined where that is not to be had. The page sanitises it. */
function createRenderer(): (markdown: string) => Promise<string | undefined> {
  let last: { readonly markdown: string; readonly html: Promise<string | undefined> } | undefined;
  return (markdown) => {
    if (last?.markdown !== markdown) last = { markdown, html: render(markdown) };
    return last.html;
  };
}

async function render(markdown: string): Promise<string | undefined> {
  const html: unknown = await vscode.commands
    .executeCommand('markdown.api.render', markdown)
    .then(undefined, () => undefined);
  return typeof html === 'string' ? html : undefined;
}

/** Tells when an attached file changes or goes, wherever it lies on this computer. */
function watcherOf(document: ReportDocument, look: () => void): vscode.Disposable {
  const watchers = new Map<string, vscode.FileSystemWatcher>();
  const follow = () => {
    const folders = document.draft.attachments.flatMap((attachment) => {
      const path = pathOf(attachment);
      return path === undefined ? [] : [dirname(path)];
    });
    for (const folder of folders) {
      if (watchers.has(folder)) continue;
      const watcher = vscode.workspace.createFileSystemWatcher(
        new vscode.RelativePattern(vscode.Uri.file(folder), '*'),
      );
      watchers.set(folder, watcher);
      watcher.onDidChange(look);
      watcher.onDidCreate(look);
      watcher.onDidDelete(look);
    }
  };
  const following = document.onDidChange(follow);
  follow();
  return new vscode.Disposable(() => {
    following.dispose();
    for (const watcher of watchers.values()) watcher.dispose();
  });
}

interface Backup {
  readonly draft: Draft;
  readonly stored?: KeptReport;
}

function backupOf({ draft, stored }: ReportDocument): Backup {
  return { draft, ...(stored ? { stored } : {}) };
}

/** What was typed and not saved when the window went away. The editor's own copy of it is encrypted by us. */
async function readBackup({ vault }: Services, file: vscode.Uri): Promise<Backup> {
  const { draft, stored } = parseJson(
    fromUtf8(await vault.open(await vscode.workspace.fs.readFile(file))),
    'state-corrupt',
    'The backup of the draft',
  ) as unknown as Backup;
  const { title, connection } = draft;
  // A backup may have no title yet, which a saved draft must have.
  const typed = { ...parseContent({ ...draft, title: title.trim() === '' ? '-' : title }), title, connection };
  return { draft: typed, ...(stored ? { stored: { ...stored, report: parseReport(stored.report) } } : {}) };
}
