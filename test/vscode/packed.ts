import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExtension, packageExtension } from '../../.config/buildExtension.ts';
import { withLock } from '../hosts/lock.ts';

/** The extension as it is shipped, built from this tree. */
export async function packedExtension(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-vsix-'));
  const file = join(folder, 'dossier.vsix');
  // Test files run side by side and build into the same `extension/dist`.
  await withLock(join(tmpdir(), 'dossier-build-extension.lock'), async () => {
    await buildExtension();
    await packageExtension(file);
  });
  return file;
}
