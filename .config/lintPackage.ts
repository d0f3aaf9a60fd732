import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
// @ts-expect-error The package has no types.
import { buildScanConfig, SOURCE_FILE_PATTERNS } from '@n8n/scan-community-package/scanner/scanner.mjs';
import { ESLint } from 'eslint';
import { packN8n, type Variant } from './buildN8n.ts';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

const root = join(import.meta.dirname, '..');

/**
 * What n8n's package check says of the repository and of both tarballs that are made of it: what it lints before it
 * verifies a package.
 */
export async function lintPackage(): Promise<Finding[]> {
  return [...(await lintSources(root)), ...(await lintTarball('whole')), ...(await lintTarball('dropbox'))];
}

async function lintTarball(variant: Variant): Promise<Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'dossier-package-'));
  try {
    const tarball = await packN8n(folder, variant);
    const unpacked = join(folder, 'package');
    await promisify(execFile)('tar', ['-xzf', tarball, '-C', folder]);
    return await lintShipped(unpacked);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The leg over the sources that a published package was made from. */
export async function lintSources(folder: string): Promise<Finding[]> {
  return lint(folder, SOURCE_FILE_PATTERNS as string[]);
}

/** The leg over what is in the tarball, with what its rules leave out: modules that would be missing in n8n. */
export async function lintShipped(folder: string): Promise<Finding[]> {
  return [...(await lint(folder, ['**/*.js', 'package.json'])), ...(await unresolvable(folder))];
}

/** Warnings count, and nothing in the linted files can switch a rule off. */
async function lint(folder: string, patterns: string[]): Promise<Finding[]> {
  const eslint = new ESLint({
    cwd: folder,
    allowInlineConfig: false,
    overrideConfigFile: true,
    overrideConfig: await buildScanConfig(),
    errorOnUnmatchedPattern: false,
  });
  const results = await eslint.lintFiles(patterns);
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, ruleId, message }) => ({
      file: relative(folder, filePath),
      line,
      rule: ruleId ?? 'parse',
      message,
    })),
  );
}

const provided = /^(?:n8n-workflow|(?:node:)?crypto|\.{1,2}\/.+)$/;

/** A `require` of a development dependency passes the rules and fails in n8n, which installs none. */
async function unresolvable(folder: string): Promise<Finding[]> {
  const eslint = new ESLint({ cwd: folder, overrideConfigFile: true, overrideConfig: {} });
  const findings: Finding[] = [];
  for (const { filePath } of await eslint.lintFiles(['**/*.js'])) {
    const lines = (await readFile(filePath, 'utf8')).split('\n');
    for (const [index, line] of lines.entries()) {
      for (const [, module = ''] of line.matchAll(/\brequire\("([^"]+)"\)/g)) {
        if (!provided.test(module))
          findings.push({
            file: relative(folder, filePath),
            line: index + 1,
            rule: 'only-provided-modules',
            message: `"${module}" is not there in n8n`,
          });
      }
    }
  }
  return findings;
}
