/**
 * All tests of the n8n package, the real hosts among them, and a table of what they cover: for each operation and
 * trigger how often it ran in n8n's own execution context and in a whole n8n. Fails where a test fails, or something was
 * run in no whole n8n and is not listed as such. `npm run test:n8n [-- --table FILE]`
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resources } from '../../nodes/Dossier/resources/index.ts';
import { askForNotes, coveredIn } from './covered.ts';
import { inContextOnly } from './everyOperation.ts';

const root = join(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({ allowPositionals: true, options: { table: { type: 'string' } } });
const folders = positionals.length > 0 ? positionals : ['test/n8n', 'test/hosts/n8n'];
const everything = positionals.length === 0;

const folder = await mkdtemp(join(tmpdir(), 'dossier-covered-'));
try {
  const notes = join(folder, 'covered');
  await writeFile(notes, '');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--config', join(root, '.config/vitest.config.ts'), '--maxWorkers=1', ...folders];
  const failed = await new Promise<boolean>((resolve) => {
    spawn(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit', env: askForNotes(notes) }).on(
      'exit',
      (code) => resolve(code !== 0),
    );
  });
  const covered = coveredIn(notes);
  const operations = resources.flatMap(({ value, operations: all }) => all.map((each) => `${value}.${each.value}`));
  const names = [...operations, 'dossierTrigger', 'dossierDropboxTrigger', 'dossierFolderTrigger'];
  const rows = names.map((name) => ({ name, ...(covered.get(name) ?? { context: 0, real: 0 }) }));
  const table = [
    '| what | runs in an execution context of n8n | runs in a whole n8n |',
    '|---|---:|---:|',
    ...rows.map(({ name, context, real }) => `| ${name} | ${context} | ${real} |`),
  ].join('\n');
  console.log(table);
  if (values.table !== undefined) await writeFile(values.table, `${table}\n`);
  const missing = rows.filter(({ name, real }) => real === 0 && !(name in inContextOnly)).map(({ name }) => name);
  if (everything && missing.length > 0) console.log(`Never run in a whole n8n: ${missing.join(', ')}`);
  for (const [name, reason] of Object.entries(inContextOnly))
    console.log(`${name} is run in an execution context only: ${reason}`);
  process.exitCode = failed || (everything && missing.length > 0) ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}
