import { cp, mkdir, mkdtemp, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../command.ts';

/** A community-node package: what `npm pack` made of it, or a folder that holds the same. */
export type NodePackage = { tarball: string } | { folder: string };

/** Puts a package where n8n looks for the community nodes that were installed from its user interface. */
export async function installNodePackage(nodePackage: NodePackage, userFolder: string): Promise<void> {
  const modules = join(userFolder, '.n8n', 'nodes', 'node_modules');
  await mkdir(modules, { recursive: true });
  const arriving = await mkdtemp(join(userFolder, 'arriving-'));
  if ('folder' in nodePackage) await cp(nodePackage.folder, arriving, { recursive: true });
  else await runCommand('tar', ['-xzf', nodePackage.tarball, '-C', arriving, '--strip-components=1']);
  const { name } = JSON.parse(await readFile(join(arriving, 'package.json'), 'utf8')) as { name: string };
  await rename(arriving, join(modules, name));
}
