/** SEARCH (basicsearch) for one property: equal for `oc:fileid` and names, at least for times and sizes. */
import { DavError } from './davError.ts';
import type { DavPath } from './davPath.ts';
import type { Exchange } from './exchange.ts';
import { parseDocument, sendMultistatus, wantedIn } from './propfind.ts';
import { names, nodeResource } from './resource.ts';
import type { Site } from './site.ts';
import { pathOf, sizeOf, type TreeNode, walk } from './tree.ts';
import { childNamed, type XmlElement } from './xml/read.ts';

type Value = (node: TreeNode) => number | string;

const searchable: Readonly<Record<string, Value>> = {
  [names.oc('fileid')]: (node) => node.id,
  [names.oc('size')]: sizeOf,
  [names.d('getlastmodified')]: (node) => node.mtime,
  [names.d('displayname')]: (node) => node.name,
};

const comparisons: Readonly<Record<string, (value: number | string, literal: string) => boolean>> = {
  eq: (value, literal) => String(value) === literal,
  gt: (value, literal) => Number(value) > numeric(literal),
  gte: (value, literal) => Number(value) >= numeric(literal),
  lt: (value, literal) => Number(value) < numeric(literal),
  lte: (value, literal) => Number(value) <= numeric(literal),
  like: (value, literal) => likePattern(literal).test(String(value)),
};

const numeric = (literal: string): number => (/^\d+$/.test(literal) ? Number(literal) : Date.parse(literal) / 1000);

function likePattern(literal: string): RegExp {
  const escaped = literal
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${escaped}$`, 'iu');
}

function matcher(condition: XmlElement): (node: TreeNode) => boolean {
  if (condition.name === 'and') return every(condition.children.map(matcher));
  if (condition.name === 'or') return some(condition.children.map(matcher));
  const prop = childNamed(condition, 'prop');
  const [property = ''] = prop === undefined ? [] : wantedIn(prop);
  const value = searchable[property];
  const compare = comparisons[condition.name];
  if (value === undefined || compare === undefined)
    throw new DavError('BadRequest', `Operator ${condition.name} on ${property} is not supported`);
  const literal = (childNamed(condition, 'literal')?.text ?? '').trim();
  return (node) => compare(value(node), literal);
}

const every =
  (tests: ((node: TreeNode) => boolean)[]) =>
  (node: TreeNode): boolean =>
    tests.every((test) => test(node));
const some =
  (tests: ((node: TreeNode) => boolean)[]) =>
  (node: TreeNode): boolean =>
    tests.some((test) => test(node));

export async function search(exchange: Exchange, site: Site, path: DavPath): Promise<void> {
  const root = parseDocument(await exchange.text());
  const basic = childNamed(root, 'basicsearch');
  const select = basic && childNamed(basic, 'select');
  const prop = select && childNamed(select, 'prop');
  const where = basic && childNamed(basic, 'where');
  if (prop === undefined) throw new DavError('BadRequest', 'A basicsearch with a select was expected');
  const fits = where?.children[0] === undefined ? (): boolean => true : matcher(where.children[0]);
  const { owner } = exchange;
  const view = { site, account: owner, staleEtags: exchange.staleEtags };
  const found = [...walk(owner.files)]
    .filter((node) => node.parent !== undefined && fits(node))
    .map((node) => nodeResource(node, ['files', owner.userId, ...pathOf(node)], view));
  await sendMultistatus(exchange, path.base, found, { wanted: wantedIn(prop), namesOnly: false });
}
