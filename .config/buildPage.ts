import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, transform } from 'esbuild';

const root = join(import.meta.dirname, '..', 'page');

/** Larger than this it does not belong into both packages. */
const maxPageBytes = 200_000;

/**
 * The page that answers whoever holds a file: one text, with script and style in it and nothing from elsewhere. Its
 * policy names both by their hashes, so that nothing else runs.
 */
export async function buildPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'main.ts')],
    bundle: true,
    write: false,
    minify: true,
    platform: 'browser',
    target: ['chrome109', 'firefox115', 'safari16'],
    format: 'iife',
    legalComments: 'none',
    charset: 'utf8',
    alias: { 'node:crypto': join(root, 'crypto.ts') },
    logLevel: 'warning',
  });
  const script = outputFiles[0]!.text.replaceAll('</script', '<\\/script').trim();
  const style = (await transform(await readFile(join(root, 'style.css'), 'utf8'), { loader: 'css', minify: true }))
    .code;
  const parts: Readonly<Record<string, string>> = {
    script,
    style,
    scriptHash: hashOf(script),
    styleHash: hashOf(style),
  };
  const template = await readFile(join(root, 'page.html'), 'utf8');
  const page = template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? '');
  const size = Buffer.byteLength(page);
  if (size > maxPageBytes) throw new Error(`The page has ${size} bytes; at most ${maxPageBytes} are wanted.`);
  return page;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

if (import.meta.main) process.stdout.write(await buildPage());
