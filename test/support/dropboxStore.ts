import type { DropboxEmulator } from '../emulators/dropbox/index.ts';

/** The records in `.dossier`, as somebody's backup has them; undefined for a folder. */
export type StoreCopy = ReadonlyMap<string, Buffer | undefined>;

export async function copyOfStore({ files }: DropboxEmulator): Promise<StoreCopy> {
  const entries = files.list().filter(({ display }) => display.startsWith('/.dossier/'));
  return new Map(
    await Promise.all(
      entries.map(
        async ({ kind, display }) => [display, kind === 'file' ? await files.read(display) : undefined] as const,
      ),
    ),
  );
}

/** Puts a copy in the place of what is there now, through the API, as a person who restores a backup does. */
export async function bringBack({ url, token, files }: DropboxEmulator, copy: StoreCopy): Promise<void> {
  files.remove('/.dossier');
  const headers = { authorization: `Bearer ${token}` };
  for (const [path, bytes] of copy) {
    const [route, request] =
      bytes === undefined
        ? [
            'create_folder_v2',
            { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ path }) },
          ]
        : [
            'upload',
            {
              headers: {
                ...headers,
                'content-type': 'application/octet-stream',
                'dropbox-api-arg': JSON.stringify({ path }),
              },
              body: new Uint8Array(bytes),
            },
          ];
    const { ok, status } = await fetch(`${url}/2/files/${route}`, { method: 'POST', ...request });
    if (!ok) throw new Error(`The emulator answered ${status} to ${path}`);
  }
}
