import type { DropboxEmulator } from '../emulators/dropbox/index.ts';

/** Somebody else's program at the same Dropbox. */
export interface OtherClient {
  write(path: string, text: string): Promise<void>;
  move(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export function otherClient({ url, token }: DropboxEmulator): OtherClient {
  const call = async (route: string, argument: object, body?: string): Promise<void> => {
    const authorization = `Bearer ${token}`;
    const asHeader = {
      authorization,
      'content-type': 'application/octet-stream',
      'dropbox-api-arg': JSON.stringify(argument),
    };
    const asBody = { authorization, 'content-type': 'application/json' };
    const response = await fetch(`${url}/2/files/${route}`, {
      method: 'POST',
      headers: body === undefined ? asBody : asHeader,
      body: body ?? JSON.stringify(argument),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${route}: ${response.status} ${answer}`);
  };
  return {
    write: (path, text) => call('upload', { path, mode: 'overwrite' }, text),
    move: (from, to) => call('move_v2', { from_path: from, to_path: to }),
    remove: (path) => call('delete_v2', { path }),
  };
}
