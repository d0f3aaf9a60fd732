import * as vscode from 'vscode';
import {
  describe,
  type ErrorCode,
  type Log,
  type Said,
  type Translate,
  toDossierError,
} from '../../../shared/index.ts';

export interface Mend {
  readonly label: string;
  readonly run: () => unknown;
}

/** Tells the user what went wrong: one notification per cause, with its code and the one action that mends it. */
export interface Problems {
  report(thrown: unknown, mend?: Mend): void;
  /** The sentence with its code, for a place of its own; undefined when the user cancelled. */
  describe(thrown: unknown): string | undefined;
  /** Says what went wrong and waits for the person's decision. */
  ask(thrown: unknown, ...choices: readonly string[]): Promise<string | undefined>;
}

/** What mends an error wherever it comes from. */
const usualMends: Readonly<Partial<Record<ErrorCode, Mend>>> = {
  'vault-locked': {
    label: vscode.l10n.t('Enter Dossier Key'),
    run: () => vscode.commands.executeCommand('dossier.enterKey'),
  },
};
const showLog: Mend = {
  label: vscode.l10n.t('Show Log'),
  run: () => vscode.commands.executeCommand('dossier.showLog'),
};

export function createProblems(log: Log): Problems {
  const shown = new Set<string>();
  const record = (thrown: unknown) => {
    const error = toDossierError(thrown);
    log.write(error.code === 'cancelled' ? 'info' : 'error', error.message, {
      ...error.toJSON(),
      cause: causeOf(thrown),
    });
    return { error, sentence: `${sentenceOf(error)} (${error.code})` };
  };
  return {
    describe(thrown) {
      const { error, sentence } = record(thrown);
      return error.code === 'cancelled' ? undefined : sentence;
    },
    async ask(thrown, ...choices) {
      const { error, sentence } = record(thrown);
      return error.code === 'cancelled' ? undefined : vscode.window.showErrorMessage(sentence, ...choices);
    },
    report(thrown, mend) {
      const { error, sentence } = record(thrown);
      if (error.code === 'cancelled' || shown.has(sentence)) return;
      shown.add(sentence);
      const action = mend ?? usualMends[error.code] ?? showLog;
      void vscode.window.showErrorMessage(sentence, action.label).then((chosen) => {
        shown.delete(sentence);
        if (chosen !== undefined) action.run();
      });
    },
  };
}

/** An error in the language of the editor: what happened, and what the reader can do. */
export function sentenceOf(said: Said): string {
  return describe(said, translate);
}

/** A sentence of the core in the language of the editor. */
export const translate: Translate = (id, params) => vscode.l10n.t(id, ...params);

function causeOf(thrown: unknown): string | undefined {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : undefined;
  return cause instanceof Error ? cause.stack : undefined;
}
