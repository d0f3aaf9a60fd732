import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { brokenDocuments } from './documents.ts';
import { type Finding, lintPackage, lintShipped, lintSources } from './lintPackage.ts';
import { withoutFrench } from './sentences.ts';
import { unusedExports } from './unusedExports.ts';

/** A rule of the house that a program watches over. */
export interface Guard {
  readonly name: string;
  /** What it finds in the tree; nothing, when all is well. */
  readonly tree: () => Promise<string[]>;
  /** What it finds in the violation planted for it. */
  readonly planted: () => Promise<string[]>;
  /** Texts that must be among the planted findings: one for each thing it watches. */
  readonly mustFind: readonly string[];
}

const root = join(import.meta.dirname, '..');
const fixtures = 'test/architecture/fixtures';

function output(program: string, args: readonly string[], cwd = root): Promise<string> {
  return new Promise((resolve) => {
    execFile(join(root, 'node_modules/.bin', program), args, { cwd, maxBuffer: 2 ** 27 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

/** Files that the formatter would write otherwise, imports in order included. */
async function misformatted(): Promise<string[]> {
  const report = await output('biome', [
    'check',
    '--config-path=.config/format.json',
    '--reporter=github',
    '--max-diagnostics=none',
    '.',
  ]);
  return report.split('\n').filter((line) => line.startsWith('::error'));
}

/** The planted file lies where the formatter does not look, so it is handed over by its content. */
async function misformattedPlanted(): Promise<string[]> {
  const planted = await readFile(join(root, fixtures, 'format/planted.ts'), 'utf8');
  const args = ['check', '--config-path=.config/format.json', '--write', '--stdin-file-path=planted.ts'];
  const formatted = execFileSync(join(root, 'node_modules/.bin/biome'), args, { cwd: root, input: planted }).toString();
  return planted
    .split('\n')
    .filter((line) => !formatted.includes(line))
    .map((line) => `planted.ts: ${line}`);
}

const types = (project: string) => async () =>
  (await output('tsc', ['--noEmit', '--pretty', 'false', '-p', project]))
    .split('\n')
    .filter((line) => /error TS/.test(line));

async function lint(patterns: string[], ignore: boolean): Promise<string[]> {
  const eslint = new ESLint({
    cwd: root,
    overrideConfigFile: '.config/eslint.config.mjs',
    ...(ignore ? {} : { ignore: false, overrideConfig: [{ ignores: ['!**/fixtures/**'] }] }),
  });
  const results = await eslint.lintFiles(patterns);
  return results.flatMap(({ filePath, messages }) =>
    messages.map(
      ({ line, ruleId, message }) => `${filePath.slice(root.length + 1)}:${line} ${ruleId ?? 'parse'}: ${message}`,
    ),
  );
}

/** Findings about the size of functions, which are held against a list of those that were too large when it was made. */
const sizeRules = ['max-lines-per-function', 'max-params'];
const sizeFinding = new RegExp(`^(\\S+):\\d+ (?:${sizeRules.join('|')}): .*?(?:'([^']+)'|function).*`);

/** Without the known ones; a known one that is mended must leave the list. */
function beyondKnown(findings: readonly string[], known: readonly string[]): string[] {
  const met = new Set<string>();
  const others = findings.filter((finding) => {
    const [, file, name = 'unnamed'] = sizeFinding.exec(finding) ?? [];
    const rule = sizeRules.find((each) => finding.includes(` ${each}: `));
    const key = `${String(rule)} ${file} ${name}`;
    if (file === undefined || !known.includes(key)) return true;
    met.add(key);
    return false;
  });
  const mended = known.filter((key) => !met.has(key)).map((key) => `.config/oversize.json: take off the list: ${key}`);
  return [...others, ...mended];
}

async function directions(cwd: string): Promise<string[]> {
  const folders = ['shared', 'nodes', 'credentials', 'extension/src', 'test'].filter((folder) =>
    existsSync(join(cwd, folder)),
  );
  const args = ['--config', join(root, '.config/dependency-cruiser.cjs'), '--output-type', 'json', ...folders];
  const report = JSON.parse(await output('depcruise', args, cwd)) as {
    summary: { violations: { from: string; to: string; rule: { name: string } }[] };
  };
  return report.summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`);
}

function sayFinding({ file, line, rule, message }: Finding): string {
  return `${file}:${line} ${rule}: ${message}`;
}

const topLevel = new Set(
  '.ci .config .editorconfig .git .git-blame-ignore-revs .github .gitignore .npmrc CHANGELOG.md CODE_OF_CONDUCT.md CONTRIBUTING.md LICENSE README.md SECURITY.md build credentials dist docs extension node_modules nodes package-lock.json package.json page shared test tsconfig.json'.split(
    ' ',
  ),
);

const passedOver = new Set(['node_modules', 'fixtures', '.git']);

async function lockFiles(folder: string, below = ''): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isDirectory() && !passedOver.has(entry.name)) found.push(...(await lockFiles(folder, path)));
    if (entry.name === 'package-lock.json') found.push(path);
  }
  return found;
}

async function repository(folder: string): Promise<string[]> {
  const strangers = (await readdir(folder))
    .filter((name) => !topLevel.has(name))
    .map((name) => `top level: ${name} has no place there`);
  const addressed = [];
  for (const path of await lockFiles(folder))
    if (/"resolved": "http/.test(await readFile(join(folder, path), 'utf8')))
      addressed.push(`lock file: ${path} carries download addresses`);
  return [...strangers, ...addressed];
}

export const guards: readonly Guard[] = [
  {
    name: 'types of the whole tree',
    tree: async () => [
      ...(await types('tsconfig.json')()),
      ...(await types('extension/webview')()),
      ...(await types('page')()),
    ],
    planted: types(`${fixtures}/types`),
    mustFind: ['TS2322'],
  },
  {
    name: 'types of shared without any host',
    tree: types('.config/tsconfig.shared.json'),
    planted: types(`${fixtures}/sharedTypes`),
    mustFind: ["Cannot find name 'process'", "Cannot find name 'setTimeout'"],
  },
  {
    name: 'lint',
    tree: async () =>
      beyondKnown(
        await lint(
          ['shared', 'nodes', 'credentials', 'extension/src', 'test']
            .filter((folder) => existsSync(join(root, folder)))
            .map((folder) => `${folder}/**/*.ts`),
          true,
        ),
        JSON.parse(await readFile(join(root, '.config/oversize.json'), 'utf8')) as string[],
      ),
    planted: async () =>
      beyondKnown(await lint([`${fixtures}/lint/**/*.ts`], false), ['max-params shared/nowhere.ts mended']),
    mustFind: [
      'no-floating-promises',
      'eqeqeq',
      'core/json.ts',
      'the HTTP port',
      'DossierError',
      'which kind a drive is',
      'dossier/sentences',
      'max-lines-per-function',
      'max-params',
      'take off the list',
    ],
  },
  {
    name: 'format',
    tree: misformatted,
    planted: misformattedPlanted,
    mustFind: ['"double"', 'a line that runs past'],
  },
  {
    name: 'every sentence in French',
    tree: async () => withoutFrench(root),
    planted: async () => withoutFrench(join(root, fixtures, 'sentences/')),
    mustFind: ['"There is nothing at {0}"', '"Nothing is there"', '"Look elsewhere"'],
  },
  {
    name: 'who imports whom',
    tree: () => directions(root),
    planted: () => directions(join(root, fixtures, 'direction')),
    mustFind: [
      'core-looks-down-only',
      'shared-has-no-node-builtins',
      'report-and-ledger-are-strangers',
      'drives-are-strangers',
      'only-index-opens-shared',
      'products-stay-apart',
      'shared/report/model-looks-down-only',
      'no-circles',
      'only-declared-packages',
    ],
  },
  {
    name: 'exports that nobody uses',
    tree: async () => {
      // Of features whose hosts are still being written.
      const known = JSON.parse(await readFile(join(root, '.config/unusedExports.json'), 'utf8')) as string[];
      return unusedExports(root).filter((finding) => !known.includes(finding));
    },
    planted: async () => unusedExports(join(root, fixtures, 'unused')),
    mustFind: ['shared/index.ts: onlyTested', 'shared/core/planted.ts: onlyHere'],
  },
  {
    name: 'package check of n8n',
    tree: async () => (await lintPackage()).map(sayFinding),
    planted: async () =>
      [
        ...(await lintSources(join(root, fixtures, 'n8nPackage'))),
        ...(await lintShipped(join(root, fixtures, 'n8nPackage'))),
      ].map(sayFinding),
    mustFind: ['no-restricted-imports', 'no-restricted-globals', 'only-provided-modules'],
  },
  {
    name: 'what documents name is there',
    tree: () => brokenDocuments(root),
    planted: () => brokenDocuments(join(root, fixtures, 'documents')),
    mustFind: [
      'README.md: there is no docs/gone.md',
      'there is no heading for docs/there.md#gone',
      'there is no docs/gone.png',
      'there is no command npm run nothing',
      'there is no file shared/nowhere.ts',
    ],
  },
  {
    name: 'repository layout',
    tree: () => repository(root),
    planted: () => repository(join(root, fixtures, 'repository')),
    mustFind: ['top level: utils.ts', 'lock file: '],
  },
];
