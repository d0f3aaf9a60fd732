import * as vscode from 'vscode';
import type { Attachment, Report, ReportContent } from '../../../../shared/index.ts';
import type { TextField } from '../../model/files/protocol.ts';
import type { KeptReport } from '../../model/reports/reportStore.ts';

/** What a person edits: the content and where it goes. */
export interface Draft extends ReportContent {
  readonly connection: string;
}

export type ReportEdit = vscode.CustomDocumentEditEvent<ReportDocument>;

/**
 * Keystrokes in one field within this time are one step of Undo. Shorter than the delay of the editor's backups, so
 * that no keystroke misses one.
 */
const burstMs = 800;

/** One report that is open in an editor: its text as it stands there, saved or not. */
export interface ReportDocument extends vscode.CustomDocument {
  readonly id: string;
  readonly draft: Draft;
  /** As it was last loaded or saved; undefined before the first save. */
  readonly stored: KeptReport | undefined;
  /** Steps that can be undone. */
  readonly onDidEdit: vscode.Event<ReportEdit>;
  /** Anything that the page shows has changed. */
  readonly onDidChange: vscode.Event<void>;
  write(field: TextField, text: string): void;
  attach(attachments: readonly Attachment[]): void;
  detach(attachment: string): void;
  /** Gives an attachment other content to refer to. */
  replace(label: string, attachment: Attachment): void;
  /** The person wanted to save or send it as it stands: from then on what is missing is shown beside its field. */
  readonly checked: boolean;
  check(): void;
  /** What went wrong with the last thing that was asked for on the page; gone with the next change. */
  readonly problem: string | undefined;
  complain(problem: string): void;
  /** Takes over what is in the store now. */
  settle(stored: KeptReport | undefined, draft?: Draft): void;
}

export interface ReportDocumentOptions {
  readonly uri: vscode.Uri;
  readonly id: string;
  readonly stored: KeptReport | undefined;
  readonly draft: Draft;
  readonly now: () => number;
  readonly onDispose: () => void;
}

export function createReportDocument(options: ReportDocumentOptions): ReportDocument {
  const { uri, id, now } = options;
  let { stored, draft } = options;
  let burst: { readonly field: TextField; readonly started: number; readonly step: { after: Draft } } | undefined;
  const edited = new vscode.EventEmitter<ReportEdit>();
  const changed = new vscode.EventEmitter<void>();

  let problem: string | undefined;
  let checked = false;
  const put = (next: Draft) => {
    draft = next;
    problem = undefined;
    changed.fire();
  };
  const change = (label: string, after: Draft) => {
    const step = { before: draft, after };
    const go = (to: 'before' | 'after') => () => {
      burst = undefined;
      if (isEditable(stored?.report)) put(step[to]);
    };
    burst = undefined;
    put(after);
    edited.fire({ document, label, undo: go('before'), redo: go('after') });
    return step;
  };

  const document: ReportDocument = {
    uri,
    id,
    get draft() {
      return draft;
    },
    get stored() {
      return stored;
    },
    get problem() {
      return problem;
    },
    get checked() {
      return checked;
    },
    check() {
      checked = true;
      changed.fire();
    },
    complain(sentence) {
      problem = sentence;
      changed.fire();
    },
    onDidEdit: edited.event,
    onDidChange: changed.event,
    write(field, text) {
      if (!isEditable(stored?.report) || draft[field] === text) return;
      const after = { ...draft, [field]: text };
      if (burst?.field === field && now() - burst.started < burstMs) {
        burst.step.after = after;
        put(after);
        return;
      }
      const started = now();
      burst = { field, started, step: change(labelOf[field], after) };
    },
    attach(attachments) {
      if (attachments.length === 0 || !isEditable(stored?.report)) return;
      const label =
        attachments.length === 1
          ? vscode.l10n.t('Attach 1 file')
          : vscode.l10n.t('Attach {0} files', attachments.length);
      change(label, { ...draft, attachments: [...draft.attachments, ...attachments] });
    },
    detach(attachment) {
      if (!isEditable(stored?.report)) return;
      change(vscode.l10n.t('Remove attachment'), {
        ...draft,
        attachments: draft.attachments.filter(({ id: each }) => each !== attachment),
      });
    },
    replace(label, attachment) {
      if (!isEditable(stored?.report)) return;
      change(label, {
        ...draft,
        attachments: draft.attachments.map((each) => (each.id === attachment.id ? attachment : each)),
      });
    },
    settle(next, nextDraft) {
      burst = undefined;
      stored = next;
      checked = false;
      put(nextDraft ?? (next ? draftOf(next.report) : draft));
    },
    dispose() {
      edited.dispose();
      changed.dispose();
      options.onDispose();
    },
  };
  return document;
}

const labelOf: Readonly<Record<TextField, string>> = {
  title: vscode.l10n.t('Edit title'),
  description: vscode.l10n.t('Edit description'),
  connection: vscode.l10n.t('Choose connection'),
};

export function draftOf({ title, description, attachments, connection }: Draft): Draft {
  return { title, description, attachments, connection };
}

/** A report that was never saved is a draft too. */
export function isEditable(report: Report | undefined): boolean {
  return report === undefined || report.state === 'draft';
}

/** What stands in the editor is what is stored. */
export function isSaved({ stored, draft }: Pick<ReportDocument, 'stored' | 'draft'>): boolean {
  return stored !== undefined && JSON.stringify(draftOf(stored.report)) === JSON.stringify(draftOf(draft));
}
