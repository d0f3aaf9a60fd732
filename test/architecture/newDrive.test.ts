import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import type * as Shared from '../../shared/index.ts';

/** A stranger's drive, made as `docs/adding-a-drive.md` says, in a copy of the tree. */
const root = join(import.meta.dirname, '../..');
const copy = join(root, 'build/newDrive');
const recipe = readFileSync(join(root, 'docs/adding-a-drive.md'), 'utf8');

interface Block {
  readonly path: string;
  readonly language: string;
  readonly lines: readonly string[];
}

const blocks: readonly Block[] = [...recipe.matchAll(/^```(ts|diff)\n\/\/ (\S+)\n(.*?)^```$/gms)].map(
  ([, language = '', path = '', text = '']) => ({ language, path, lines: text.trimEnd().split('\n') }),
);
const files = blocks.filter(({ language }) => language === 'ts');
const edits = blocks.filter(({ language }) => language === 'diff');
const added = ({ lines }: Block) => lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1));

/** Puts each added line behind the line that stands before it in the block. */
function edited(before: string, { path, lines }: Block): string {
  const result = before.split('\n');
  let at = -1;
  for (const line of lines) {
    const text = line.slice(1);
    if (line.startsWith('+')) result.splice(++at, 0, text);
    else at = result.indexOf(text);
    if (at < 0) throw new Error(`${path} has no line "${text}" any more`);
  }
  return result.join('\n');
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  writeFileSync(join(copy, path), text);
}

function make(applied: readonly Block[]): void {
  rmSync(copy, { recursive: true, force: true });
  for (const folder of ['shared', 'nodes', 'credentials', 'extension/src', 'test/support', 'extension/webview'])
    cpSync(join(root, folder), join(copy, folder), { recursive: true });
  for (const path of ['tsconfig.json', 'extension/package.json', 'test/conformance/driveSuite.ts'])
    write(path, readFileSync(join(root, path), 'utf8'));
  cpSync(join(root, 'shared/drives/memory'), join(copy, 'shared/drives/depot'), { recursive: true });
  const drive = join(copy, 'shared/drives/depot/index.ts');
  writeFileSync(drive, readFileSync(drive, 'utf8').replace("const kind = 'memory'", "const kind = 'depot'"));
  for (const { path, lines } of files) write(path, `${lines.join('\n')}\n`);
  for (const block of applied) write(block.path, edited(readFileSync(join(root, block.path), 'utf8'), block));
}

/** What the compiler finds in the products of the copy, as `path: sentence`. */
function findings(): string[] {
  const { config } = ts.readConfigFile(join(copy, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const products = { ...config, include: ['shared', 'nodes', 'credentials', 'extension/src'] };
  const { fileNames, options } = ts.parseJsonConfigFileContent(products, ts.sys, copy);
  const program = ts.createProgram(fileNames, options);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName.slice(copy.length + 1) ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
}

const hosts = (path: string) => path.startsWith('extension/') || path.startsWith('nodes/');

make(edits);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('the drive of a stranger', () => {
  test('touches one folder, few lines of the core and of the tests, and one entry of each host', () => {
    const core = blocks.filter(({ path }) => path.startsWith('shared/'));
    expect(core.filter(({ language }) => language === 'ts').map(({ path }) => path)).toEqual([
      'shared/connection/kinds/depot.ts',
    ]);
    expect(core.filter(({ language }) => language === 'diff').flatMap(added)).toHaveLength(2);
    expect(files.find(({ path }) => path.startsWith('test/'))!.lines.length).toBeLessThanOrEqual(20);
    expect(edits.filter(({ path }) => hosts(path)).map((block) => [block.path, added(block).length])).toEqual([
      ['extension/src/kinds/index.ts', 2],
      ['nodes/host/kinds.ts', 1],
    ]);
    // Nothing else is to be touched: every block of the recipe was looked at.
    expect(blocks.map(({ path }) => path).filter((path) => !/^(shared|test|extension|nodes)\//.test(path))).toEqual([]);
    expect(blocks).toHaveLength(6);
  });

  test('compiles with both hosts, and is a connection that is opened', async () => {
    expect(findings()).toEqual([]);
    const { parseConnection, openDrive } = (await import(
      /* @vite-ignore */ join(copy, 'shared/index.ts')
    )) as typeof Shared;
    const connection = parseConnection({ id: 'c', name: 'c', kind: 'depot', url: 'https://depot.example.org' });
    expect(() => parseConnection({ id: 'c', name: 'c', kind: 'depot' })).toThrow('address of the server');
    expect(openDrive(connection, {} as never).kind).toBe('depot');
  });
});

// The suite runs over the copy, from the copy's own test.
await import(/* @vite-ignore */ join(copy, 'test/conformance/depot.test.ts'));

describe('a host that was forgotten', () => {
  test('is named by the compiler, and nothing else is', () => {
    make(edits.filter(({ path }) => !hosts(path)));
    const places = new Set(findings().map((finding) => finding.split(':')[0]));
    expect([...places].sort()).toEqual(['extension/src/kinds/index.ts', 'nodes/host/kinds.ts']);
  });
});
