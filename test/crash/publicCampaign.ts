import { type Browser, chromium, type Page } from 'playwright-core';
import { buildPage } from '../../.config/buildPage.ts';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { createNodeHttp } from '../../extension/src/node/nodeHttp.ts';
import { withBasicAuth } from '../../shared/connection/basicAuth.ts';
import { fromUtf8, fromUtf8Lossy, utf8 } from '../../shared/core/bytes.ts';
import { rootPath } from '../../shared/core/paths.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import type { FolderEntry } from '../../shared/drive/entry.ts';
import { createWebdavDrive } from '../../shared/drives/webdav/index.ts';
import type { HashPolicy } from '../../shared/link/link.ts';
import { ensureChromium } from '../hosts/chromium.ts';
import { startRcloneServer } from '../hosts/webdav/rclone.ts';
import { seeded } from '../support/seeded.ts';
import { type StaticFiles, serveFiles } from '../support/staticServer.ts';
import { linkWorlds } from './linkWorlds.ts';
import { type Expected, makePublicWorld, type PublicWorld, plantedName, type Tree } from './publicWorld.ts';

export interface CampaignSize {
  readonly drives: readonly PublicDrive[];
  readonly files: number;
  readonly reports: number;
  /** Over all drives. */
  readonly questions: number;
}

export interface CampaignResult {
  readonly questions: number;
  readonly wrong: number;
  readonly requests_per_question: number;
  /** Of a page that was opened for one question only; without the page itself. */
  readonly requests_of_a_first_question: number;
  readonly names_leaked: number;
  readonly details: readonly string[];
}

export type PublicDrive = 'dropbox' | 'nextcloud' | 'webdav';

interface OpenedPlace {
  readonly drive: Drive;
  readonly linked: FolderEntry;
  readonly outside: FolderEntry;
  readonly hashPolicy: HashPolicy;
  close(): Promise<void>;
}

const places: Readonly<Record<PublicDrive, () => Promise<OpenedPlace>>> = {
  dropbox: linkWorlds.dropbox,
  nextcloud: linkWorlds.nextcloud,
  webdav: async () => {
    const server = await startRcloneServer();
    const http = withBasicAuth(createNodeHttp(), server.url, server, nodeClock);
    const drive = createWebdavDrive({ http, clock: nodeClock, url: server.url });
    const linked = await drive.createFolder({ path: rootPath }, 'Linked');
    const outside = await drive.createFolder({ path: rootPath }, 'Outside');
    return { drive, linked, outside, hashPolicy: 'download', close: () => server.close() };
  },
};

/** Ways in which whoever keeps the published files may change them. What follows must never be a wrong answer. */
const forgeries: Readonly<Record<string, (tree: Tree, other: Tree, old: Tree) => StaticFiles>> = {
  tiles: (tree) => changed(tree, (path) => path.startsWith('tile/') && !path.startsWith('tile/entries'), flipped),
  index: (tree) => changed(tree, (path) => path.startsWith('lookup/'), flipped),
  'index that is gone': (tree) => (path) => (path.startsWith('lookup/') ? undefined : tree.get(path)),
  'head of the index': (tree, _, old) => (path) =>
    path === 'ledger.json' ? swapped(tree.get(path)!, old.get(path)!, 'lookup') : (tree.get(path) ?? old.get(path)),
  checkpoint: (tree, _, old) => (path) =>
    path === 'ledger.json' ? swapped(tree.get(path)!, old.get(path)!, 'checkpoint') : (tree.get(path) ?? old.get(path)),
  'keys of another': (tree, other) => (path) =>
    path === 'ledger.json' ? swapped(tree.get(path)!, other.get(path)!, 'statementKeys') : tree.get(path),
  'index of another': (tree, other) => (path) =>
    path === 'ledger.json' ? swapped(tree.get(path)!, other.get(path)!, 'lookup') : (other.get(path) ?? tree.get(path)),
  'ledger of another': (tree, other) => (path) => (path === 'verify.html' ? tree.get(path) : other.get(path)),
  'older state': (tree, _, old) => (path) => (path === 'verify.html' ? tree.get(path) : old.get(path)),
};

function changed(tree: Tree, which: (path: string) => boolean, how: (bytes: Uint8Array) => Uint8Array): StaticFiles {
  return (path) => {
    const bytes = tree.get(path);
    return bytes && which(path) ? how(bytes) : bytes;
  };
}

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[Math.floor(copy.length / 2)]! ^= 1;
  return copy;
}

function swapped(into: Uint8Array, from: Uint8Array, field: string): Uint8Array {
  const [one, other] = [into, from].map((bytes) => JSON.parse(fromUtf8(bytes)) as Record<string, unknown>);
  return utf8(JSON.stringify({ ...one, [field]: other![field] }));
}

/** How many questions one opened page is asked. */
const questionsToAPage = 10;

/**
 * A stranger with nothing but an address and files asks in a real browser about contents that are recorded, changed,
 * withdrawn and unknown, and about published files that somebody has forged.
 */
export async function runPublicCampaign(size: CampaignSize): Promise<CampaignResult> {
  const page = await buildPage();
  const browser = await launch();
  const details: string[] = [];
  const counts = { questions: 0, wrong: 0, requests: 0, genuine: 0, first: 0, leaked: 0 };
  try {
    for (const name of size.drives) {
      const place = await places[name]();
      try {
        const world = await makePublicWorld(place, size, { page, hashPolicy: place.hashPolicy, name });
        const other = await otherWorld(page);
        counts.leaked += leaksIn(world.tree);
        await askAll({ browser, world, other, counts, details, name }, Math.ceil(size.questions / size.drives.length));
      } finally {
        await place.close();
      }
    }
  } finally {
    await browser.close();
  }
  return {
    questions: counts.questions,
    wrong: counts.wrong,
    requests_per_question: Math.round((10 * counts.requests) / counts.genuine) / 10,
    requests_of_a_first_question: counts.first,
    names_leaked: counts.leaked,
    details,
  };
}

interface Asking {
  readonly browser: Browser;
  readonly world: PublicWorld;
  readonly other: PublicWorld;
  readonly counts: { questions: number; wrong: number; requests: number; genuine: number; first: number };
  readonly details: string[];
  readonly name: string;
}

async function askAll(asking: Asking, questions: number): Promise<void> {
  const { browser, world, other, counts } = asking;
  let files: StaticFiles = (path) => world.tree.get(path);
  const server = await serveFiles((path) => files(path));
  const random = seeded(`questions ${asking.name}`);
  const link = `${server.url}verify.html#key=${world.ledger.log.statementFingerprint}`;
  const context = await browser.newContext({ locale: 'en-US' });
  try {
    const pick = () => world.expected[Math.floor(random() * world.expected.length)]!;
    const forged = Math.floor(questions / 4);
    for (let done = 0; done < questions - forged; done += questionsToAPage) {
      const opened = await openPage(await context.newPage(), link);
      for (let at = 0; at < Math.min(questionsToAPage, questions - forged - done); at++) {
        // Every fifth is a genuine file in which one byte was changed.
        const chosen = pick();
        const before = server.asked.length;
        await demand(asking, opened, at % 5 === 4 ? { content: flipped(chosen.content), answer: 'unknown' } : chosen);
        if (at === 0) counts.first = Math.max(counts.first, 1 + server.asked.length - before);
        counts.genuine++;
      }
      await opened.close();
    }
    counts.requests += server.asked.filter((path) => path !== 'verify.html' && path !== 'favicon.ico').length;
    const names = Object.keys(forgeries);
    const recorded = world.expected.filter(({ answer }) => answer !== 'unknown');
    for (let at = 0; at < forged; at++) {
      const name = names[at % names.length]!;
      files = forgeries[name]!(world.tree, other.tree, world.old);
      const chosen = recorded[Math.floor(random() * recorded.length)]!;
      const opened = await openPage(await context.newPage(), link);
      await demand(asking, opened, { content: chosen.content, answer: 'broken' }, name);
      await opened.close();
    }
  } finally {
    await context.close();
    await server.close();
  }
}

async function openPage(page: Page, url: string): Promise<Page> {
  await page.goto(url);
  await page.locator('#state, section.answer').first().waitFor();
  return page;
}

type Wanted = Omit<Expected, 'answer'> & { readonly answer: Expected['answer'] | 'broken' };

async function demand({ counts, details, name }: Asking, page: Page, wanted: Wanted, forgery = 'none'): Promise<void> {
  counts.questions++;
  const file = {
    name: 'somebody calls it so.bin',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(wanted.content),
  };
  await page.locator('#answers').evaluate((element) => element.replaceChildren());
  await page.locator('#files').setInputFiles(file);
  await page.locator('#answers[aria-busy=false] section.answer').first().waitFor();
  const got = await page
    .locator('#answers section.answer')
    .first()
    .evaluate((element) => {
      const version = element.querySelector('[data-version]');
      return {
        answer: element.getAttribute('data-answer'),
        version: Number(version?.getAttribute('data-version')),
        newest: Number(version?.getAttribute('data-newest')),
      };
    });
  const fits =
    got.answer === wanted.answer &&
    (wanted.version === undefined || (got.version === wanted.version && got.newest === wanted.newest));
  if (fits) return;
  counts.wrong++;
  const { content: _, ...rest } = wanted;
  details.push(`${name}, forged: ${forgery}: ${JSON.stringify(rest)} was answered ${JSON.stringify(got)}`);
}

/** A genuine ledger of somebody else. */
async function otherWorld(page: string): Promise<PublicWorld> {
  const memory = await linkWorlds.memory();
  return makePublicWorld(memory, { files: 60, reports: 2 }, { page, hashPolicy: 'download', name: 'other' });
}

/** Files that hold a planted name, also where it is encoded. */
function leaksIn(tree: Tree): number {
  const isLeak = (text: string) => text.includes(plantedName) || text.includes('Planted');
  return [...tree].filter(([path, bytes]) => {
    const text = fromUtf8Lossy(bytes);
    const decoded = (text.match(/[A-Za-z0-9+/_-]{16,}={0,2}/g) ?? []).map((run) =>
      Buffer.from(run, 'base64').toString(),
    );
    return path !== 'verify.html' && [path, text, ...decoded].some(isLeak);
  }).length;
}

async function launch(): Promise<Browser> {
  const quiet = ['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath: await ensureChromium(), args: ['--no-sandbox', ...quiet] });
}
