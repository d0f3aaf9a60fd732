import { DossierError, type ErrorCode, type Saying } from '../../../shared/index.ts';

/** An error of the editor itself. The sentence is in English, as those of the core are, and translated when it is shown. */
export function editorError(code: ErrorCode, sentence: Saying, path?: string): DossierError {
  return new DossierError(code, sentence, { where: 'editor', ...(path === undefined ? {} : { path }) });
}
