import { DossierError, type ErrorCode } from '../../../shared/index.ts';

/** Marks sentences that are in the user's language already; the core speaks English. */
export const editor = 'editor';

/** An error of the editor itself. The sentence is localized. */
export function editorError(code: ErrorCode, sentence: string, path?: string): DossierError {
  return new DossierError(code, sentence, { where: editor, ...(path === undefined ? {} : { path }) });
}
