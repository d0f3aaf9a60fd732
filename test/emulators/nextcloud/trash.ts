/** The trash bin: what was deleted, and the way back. */
import type { Account } from './accounts.ts';
import { DavError } from './davError.ts';
import { type DavPath, readDestination } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { readDepth, readPropertyQuery, sendMultistatus } from './propfind.ts';
import { names, nodeResource, plainResource, type Resource } from './resource.ts';
import type { Site } from './site.ts';
import { attach, lookUp, now, type TreeNode } from './tree.ts';
import { escapeXml } from './xml/write.ts';

export function toTrash(account: Account, node: TreeNode, originalPath: readonly string[]): void {
  let deletedAt = now();
  while (account.trash.has(`${node.name}.d${deletedAt}`)) deletedAt += 1;
  account.trash.set(`${node.name}.d${deletedAt}`, { node, originalPath, deletedAt });
}

function itemResource(site: Site, account: Account, path: DavPath, key: string): Resource {
  const item = account.trash.get(key);
  if (item === undefined) throw new DavError('NotFound', 'No such deleted file');
  const own: Readonly<Record<string, string>> = {
    [names.nc('trashbin-filename')]: escapeXml(item.node.name),
    [names.nc('trashbin-original-location')]: escapeXml(item.originalPath.join('/')),
    [names.nc('trashbin-deletion-time')]: String(item.deletedAt),
  };
  const resource = nodeResource(item.node, [...path.root, 'trash', key], { site, account, staleEtags: false });
  return { ...resource, live: (property) => own[property] ?? resource.live(property) };
}

export async function trashbin(exchange: Exchange, site: Site, path: DavPath): Promise<void> {
  const account = exchange.owner;
  if (path.user !== account.userId) throw new DavError('Forbidden', "This is somebody else's trash bin");
  const [section, key, ...deeper] = path.segments;
  if (section !== 'trash' || deeper.length > 0) throw new DavError('NotFound', 'No such place in the trash bin');
  if (exchange.method === 'PROPFIND') {
    const query = await readPropertyQuery(exchange);
    const depth = readDepth(exchange);
    const listed =
      key !== undefined
        ? [itemResource(site, account, path, key)]
        : [
            plainResource([...path.root, 'trash'], true),
            ...(depth === 0 ? [] : [...account.trash.keys()].map((name) => itemResource(site, account, path, name))),
          ];
    return sendMultistatus(exchange, path.base, listed, query);
  }
  if (exchange.method === 'DELETE') {
    if (key === undefined) account.trash.clear();
    else if (!account.trash.delete(key)) throw new DavError('NotFound', 'No such deleted file');
    return exchange.send(204);
  }
  if (exchange.method === 'MOVE' && key !== undefined) return restore(exchange, site, account, key);
  throw new DavError('NotImplemented', `The trash bin does not know ${exchange.method}`);
}

async function restore(exchange: Exchange, site: Site, account: Account, key: string): Promise<void> {
  const item = account.trash.get(key);
  if (item === undefined) throw new DavError('NotFound', 'No such deleted file');
  const destination = readDestination(exchange, site);
  if (destination.area !== 'trashbin' || destination.segments[0] !== 'restore') {
    throw new DavError('Forbidden', 'A deleted file can be restored, and nothing else');
  }
  // When its folder is gone, the file comes back at the top.
  const parent = lookUp(account.files, item.originalPath.slice(0, -1));
  const folder = parent?.kind === 'folder' ? parent : account.files;
  let name = item.originalPath.at(-1) ?? item.node.name;
  const stem = name.replace(/(\.[^.]*)?$/, '');
  const extension = name.slice(stem.length);
  for (let copy = 1; folder.children.has(name); copy += 1)
    name = `${stem} (restored${copy === 1 ? '' : ` ${copy}`})${extension}`;
  item.node.name = name;
  account.trash.delete(key);
  attach(folder, item.node);
  return exchange.send(201);
}
