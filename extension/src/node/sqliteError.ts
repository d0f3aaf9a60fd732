import { DossierError, type ErrorCode, isDossierError, type Sentence, say } from '../../../shared/index.ts';

/** Primary result codes of SQLite. https://www.sqlite.org/rescode.html */
const codes: Readonly<Record<number, { readonly code: ErrorCode; readonly message: (path: string) => Sentence }>> = {
  // Our statements never change, so one that does not fit any more means that the tables have.
  1: { code: 'state-corrupt', message: (path) => say`The file "${path}" does not hold the tables of Dossier any more` },
  3: { code: 'forbidden', message: (path) => say`The file "${path}" may not be read or written` },
  5: { code: 'locked', message: (path) => say`The file "${path}" is being written by another window` },
  6: { code: 'locked', message: (path) => say`The file "${path}" is being written by another window` },
  8: { code: 'forbidden', message: (path) => say`The file "${path}" may not be written` },
  10: {
    code: 'server-error',
    message: (path) => say`The file "${path}" could not be read or written: the disk failed`,
  },
  11: { code: 'state-corrupt', message: (path) => say`The file "${path}" is damaged` },
  13: { code: 'quota-exceeded', message: (path) => say`The file "${path}" could not be written: the disk is full` },
  14: { code: 'forbidden', message: (path) => say`The file "${path}" could not be opened` },
  26: { code: 'state-corrupt', message: (path) => say`The file "${path}" is not a database any more` },
};

const fileCodes: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  EROFS: 'forbidden',
  ENOSPC: 'quota-exceeded',
  EDQUOT: 'quota-exceeded',
};

/** What SQLite or the file system said, in our words. Mistakes of the program stay what they are. */
export function sqliteError(thrown: unknown, path: string): unknown {
  if (isDossierError(thrown) || !(thrown instanceof Error)) return thrown;
  const { code, errcode } = thrown as { code?: string; errcode?: number };
  if (code === 'ERR_SQLITE_ERROR' && errcode !== undefined) {
    const known = codes[errcode & 0xff];
    return new DossierError(
      known?.code ?? 'server-error',
      known?.message(path) ?? say`The file "${path}" could not be used`,
      { where: 'local', cause: thrown },
    );
  }
  if (code?.startsWith('E') && !code.startsWith('ERR_')) {
    return new DossierError(fileCodes[code] ?? 'server-error', say`The file "${path}" could not be used`, {
      where: 'local',
      cause: thrown,
    });
  }
  return thrown;
}
