import { createContentHasher, DossierError, type FileEntry, say } from '../../../../shared/index.ts';
import { entryJson } from '../../../fields/entryJson.ts';
import { entryLocator } from '../../../fields/locators.ts';
import type { Operation } from '../../../fields/operation.ts';
import { toReadable } from '../../../host/readable.ts';
import { existingEntry } from '../../existing.ts';

export const downloadFile: Operation = {
  value: 'download',
  name: 'Download',
  action: 'Download a file',
  description: 'Get a file as binary data, checked against the hash that the place has of it',
  properties: [
    entryLocator({ displayName: 'File', name: 'path', required: true }),
    {
      displayName: 'Put Output File in Field',
      name: 'field',
      type: 'string',
      required: true,
      default: 'data',
      hint: 'The name of the output binary field to put the file in',
    },
  ],
  async run(call) {
    const { context, parameter, open, again, signal } = call;
    const entry = await existingEntry(call, 'path', 'file');
    const { drive } = await open();
    const { binary, sha256 } = await again(async () => {
      const hasher = createContentHasher();
      async function* hashed(): AsyncGenerator<Uint8Array> {
        for await (const piece of drive.read(entry, {}, { signal })) {
          hasher.update(piece);
          yield piece;
        }
      }
      const stored = await context.helpers.prepareBinaryData(await toReadable(hashed()), entry.name);
      const { size } = hasher;
      const digests = hasher.digest();
      if (size !== entry.size || (entry.digest !== undefined && entry.digest !== digests.dropboxContentHash))
        throw incomplete(entry, size);
      return { binary: stored, sha256: digests.sha256 };
    });
    return { items: [{ json: { ...entryJson(entry), sha256 }, binary: { [String(parameter('field'))]: binary } }] };
  },
};

function incomplete({ path, size }: FileEntry, got: number): DossierError {
  return new DossierError(
    'integrity-mismatch',
    say`"${path}" changed while it was downloaded, or arrived damaged (${got} of ${size} bytes)`,
    { path },
  );
}
