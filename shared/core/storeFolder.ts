import { type DrivePath, joinPath, namesOf } from './paths.ts';

const name = '.dossier';

/**
 * Where Dossier keeps records of its own below a folder of a drive. The same names for everybody who has the key: n8n
 * finds there what VS Code put there.
 */
export interface StoreFolders {
  readonly state: DrivePath;
  /** Of attachments. */
  readonly copies: DrivePath;
  /** What mirrors remember that have this folder as their destination. */
  readonly mirrors: DrivePath;
}

/** The folders of the store in `place`; nothing is asked or made. */
export function storeFolders(place: DrivePath): StoreFolders {
  return {
    state: joinPath(place, name, 'state'),
    copies: joinPath(place, name, 'vault'),
    mirrors: joinPath(place, name, 'mirrors'),
  };
}

/** Whether this is a part of a store. Recording such a file would change it, and so on without end. */
export function isInStore(path: DrivePath): boolean {
  return namesOf(path).includes(name);
}
