import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

/** Folders that are not the repository's own text. */
const passedOver = new Set(['node_modules', 'fixtures', 'fixture', '.git', 'dist', 'build']);
/** Where the repository is read on the web: what the products point at lies below it. */
const onTheWeb = 'https://github.com/dossier-reports/dossier/blob/main/';

async function filesBelow(folder: string, endings: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !passedOver.has(entry.name)) found.push(...(await filesBelow(path, endings)));
    if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending))) found.push(path);
  }
  return found;
}

const withoutFences = (text: string): string => text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '');

/** The name under which GitHub and npm find a heading. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6}\s+(.*)$/gm)) {
    const anchor = anchorOf(heading);
    let name = anchor;
    for (let count = 1; anchors.has(name); count++) name = `${anchor}-${count}`;
    anchors.add(name);
  }
  return anchors;
}

/** Why a link leads nowhere; undefined where it is right, or where it leads out of the repository. */
async function deadEnd(root: string, from: string, link: string): Promise<string | undefined> {
  const own = link.startsWith(onTheWeb) ? link.slice(onTheWeb.length) : undefined;
  if (own === undefined && /^[a-z][a-z+.-]*:/i.test(link)) return undefined;
  const [path = '', anchor] = (own ?? link).split('#');
  const target = own !== undefined ? join(root, path) : path === '' ? from : resolve(dirname(from), decodeURI(path));
  if (relative(root, target).startsWith('..') || !existsSync(target)) return `there is no ${link}`;
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  return anchorsOf(await readFile(target, 'utf8')).has(anchor) ? undefined : `there is no heading for ${link}`;
}

const ownFile = /^(?:shared|nodes|extension|test|docs|page|credentials|\.config)\/[\w./-]+\.[a-z]+$/;

function linksIn(text: string): string[] {
  const bare = withoutFences(text).replaceAll(/`[^`\n]*`/g, '');
  return [...bare.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|\b(?:src|href)="([^"]+)"/g)].map(
    ([, inText, inTag]) => (inText ?? inTag) as string,
  );
}

/** Links, anchors, pictures, commands and files that a Markdown file names, and that are not there. */
async function findingsIn(root: string, file: string, scripts: ReadonlySet<string>): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const dead = await Promise.all(linksIn(text).map((link) => deadEnd(root, file, link)));
  const commands = [...text.matchAll(/npm run ([a-z][\w:-]*)/g)]
    .map(([, name]) => name as string)
    .filter((name) => !scripts.has(name))
    .map((name) => `there is no command npm run ${name}`);
  const files = [...text.matchAll(/`([^`\n]+)`/g)]
    .map(([, name]) => name as string)
    .filter((name) => ownFile.test(name) && !/(?:^|\/)(?:dist|build)\//.test(name) && !existsSync(join(root, name)))
    .map((name) => `there is no file ${name}`);
  return [...dead.filter((why) => why !== undefined), ...commands, ...files];
}

/**
 * What the documents of a repository, and the products that point at them, name and what is not there: relative links,
 * anchors, pictures, `npm run` commands, files of its own.
 */
export async function brokenDocuments(root: string): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const named = new Set(Object.keys(scripts));
  const findings: string[] = [];
  for (const file of await filesBelow(root, ['.md']))
    for (const finding of await findingsIn(root, file, named)) findings.push(`${relative(root, file)}: ${finding}`);
  for (const file of await filesBelow(root, ['.credentials.ts', '.node.json', 'package.json'])) {
    const links = (await readFile(file, 'utf8')).match(
      /https:\/\/github\.com\/dossier-reports\/dossier\/blob[^'"\s]+/g,
    );
    for (const link of links ?? []) {
      const why = await deadEnd(root, file, link);
      if (why !== undefined) findings.push(`${relative(root, file)}: ${why}`);
    }
  }
  return findings;
}
