import type { DrivePath } from '../../core/paths.ts';
import type { Context, Drive } from '../../drive/drive.ts';
import type { EntryRef } from '../../drive/entry.ts';

/** A file below a folder that is looked at as a whole. */
export interface FoundFile {
  /** From the folder on, with `/` between names. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** A folder wherever it lies: on a drive, on this computer, in an archive. */
export interface FolderReader {
  /** All files below, at any depth. Throws rather than leaving one out. */
  list(): Promise<readonly FoundFile[]>;
  read(path: string): AsyncIterable<Uint8Array>;
}

export function driveFolder(
  drive: Drive,
  folder: EntryRef & { readonly path: DrivePath },
  context: Context = {},
): FolderReader {
  const base = folder.path === '/' ? '/' : `${folder.path}/`;
  const found = new Map<string, EntryRef>();
  return {
    async list() {
      const files: FoundFile[] = [];
      for await (const page of drive.list(folder, { recursive: true }, context))
        for (const entry of page) {
          if (entry.type !== 'file') continue;
          const path = entry.path.slice(base.length);
          found.set(path, entry);
          files.push({ path, size: entry.size });
        }
      return files;
    },
    read: (path) => drive.read(found.get(path) ?? { path: `${base}${path}` as DrivePath }, {}, context),
  };
}
