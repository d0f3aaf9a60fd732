import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = join(root, '.github/workflows');
const workflows = (await readdir(folder)).filter((name) => name.endsWith('.yml'));
const { scripts, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  version: string;
};

/** The lines below a key, as deep as they are indented: the workflows are written with one way to write each thing. */
function below(text: string, key: string): string[] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.trim() === `${key}:`);
  const depth = lines[at]!.search(/\S/);
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => line.trim() !== '' && line.search(/\S/) <= depth);
  return end < 0 ? rest : rest.slice(0, end);
}

function jobsOf(text: string): string[] {
  return `\n${below(text, 'jobs').join('\n')}`.split(/\n {2}(?=[a-z-]+:\n)/).slice(1);
}

test('there is a workflow that tests and one that publishes', () => {
  expect(workflows.sort()).toEqual(['publish.yml', 'test.yml']);
});

describe.each(workflows)('%s', async (name) => {
  const text = await readFile(join(folder, name), 'utf8');

  test('runs commands that there are', () => {
    const named = [...text.matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, script]) => script as string);
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
    for (const [, file] of text.matchAll(/\.\/([\w/-]+\/package\.json)/g))
      expect(existsSync(join(root, file as string))).toBe(true);
  });

  test('takes every action at a commit, and says of which version', () => {
    const actions = text.match(/uses: .*/g) ?? [];
    expect(actions.length).toBeGreaterThan(3);
    for (const action of actions) expect(action).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('gives no job more than it needs, nor for ever', () => {
    expect(below(text, 'permissions').filter((line) => line !== '')).toEqual(['  contents: read']);
    for (const job of jobsOf(text)) {
      expect(job).toMatch(/^ {4}timeout-minutes: \d+$/m);
      expect(job).toMatch(/^ {4}runs-on: /m);
    }
  });

  test('lets no text from outside into a shell', () => {
    const commands = (text.match(/^ +(?:- )?run: .*(?:\n {10,}.*)*/gm) ?? []).join('\n');
    expect(commands).not.toMatch(/\$\{\{ (?!matrix\.command )/);
  });
});

test('every system and Node is in the matrix of what is shipped', async () => {
  const job = jobsOf(await readFile(join(folder, 'test.yml'), 'utf8')).find((each) => each.startsWith('portable:'));
  for (const os of ['ubuntu', 'macos', 'windows']) expect(job).toMatch(new RegExp(`os: \\[.*${os}-`));
  expect(job).toContain('node: [20, 22, 24]');
});

test('the oldest VS Code that is tried is the one that the extension names', async () => {
  const { engines } = JSON.parse(await readFile(join(root, 'extension/package.json'), 'utf8')) as {
    engines: { vscode: string };
  };
  expect(await readFile(join(folder, 'test.yml'), 'utf8')).toContain(`version: ['${engines.vscode.slice(1)}', latest]`);
});

test('the notes of a release are what the changelog says of its version', async () => {
  const text = await readFile(join(folder, 'publish.yml'), 'utf8');
  const [, notes] = /run: (awk .*) > notes\.md/.exec(text) ?? [];
  const { stdout } = await promisify(execFile)('bash', ['-c', notes as string], {
    cwd: root,
    env: { ...process.env, GITHUB_REF_NAME: `v${version}` },
  });
  expect(stdout).toContain('First version: reports from n8n and VS Code');
  expect(stdout).not.toContain('## ');
});
