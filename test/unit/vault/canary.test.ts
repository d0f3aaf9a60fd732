import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { nodeFiles } from '../../../extension/src/node/nodeFiles.ts';
import { createSqliteState } from '../../../extension/src/node/sqliteState.ts';
import {
  createEncryptedState,
  createKey,
  createLocalFolderDrive,
  createReportId,
  createVault,
  DossierError,
  newReport,
  parseKey,
  parsePath,
  rootPath,
} from '../../../shared/index.ts';
import { createCopies, createOutbox, createReports } from '../../../shared/testing.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const canary = 'Canary-Flood-4711-Zeuge';
const folder = mkdtempSync(join(tmpdir(), 'dossier-canary-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The canary as it could stand in a file: plain, UTF-16 of both orders, and base64 at each of its three offsets. */
function traces(): Buffer[] {
  const plain = Buffer.from(canary);
  const little = Buffer.from(canary, 'utf16le');
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), plain]).toString('base64');
    // Without the letters that depend on what stands around it.
    return Buffer.from(text.slice(offset === 0 ? 0 : 4, Math.floor(((offset + plain.length) * 8) / 6) - 1));
  });
  return [plain, little, Buffer.from(little).swap16(), ...base64];
}

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}

test('nothing of a draft or of an outbox is found on disk outside the original file (A14)', async () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  const original = join(folder, `${canary}.txt`);
  writeFileSync(original, `${canary} `.repeat(5000));
  const lines: string[] = [];
  const log = { write: (...line: unknown[]) => void lines.push(JSON.stringify(line)) };
  const clock = createVirtualClock();
  const vault = await createVault(parseKey(createKey()));
  const sqlite = createSqliteState(join(home, 'state.db'));
  const store = createEncryptedState(sqlite, vault);
  const local = createLocalFolderDrive({ files: nodeFiles, root: home, randomBytes: (length) => randomBytes(length) });
  const copies = createCopies({ drive: local, folder: parsePath('/vault'), vault, clock });
  const size = statSync(original).size;
  const content = {
    size,
    open: (range?: { start?: number; end?: number }) => nodeFiles.read(original, range),
    fingerprint: async () => 'f',
  };
  const kept = await copies.keep(content);
  const attachment = { id: 'a', name: `${canary}.txt`, mediaType: 'text/plain', ...kept };
  const reports = createReports(store);
  const draft = newReport(
    { title: canary, description: canary.repeat(20), attachments: [attachment] },
    { id: createReportId(clock.now()), connection: 'c', now: clock.now() },
  );
  await reports.save(draft, 0, clock.now());

  // Sending is interrupted half way, so that records of an upload are kept, too.
  const failing = {
    ...local,
    upload: () => Promise.reject(new DossierError('quota-exceeded')),
    commit: () => Promise.reject(new DossierError('quota-exceeded')),
  };
  const outbox = createOutbox({
    store,
    clock,
    log,
    holder: 'w',
    sources: copies,
    open: async () => ({ drive: failing, root: { path: rootPath } }),
  });
  const report = await outbox.send(draft.id, new AbortController().signal);
  expect(report.state).toBe('interrupted');
  expect(await store.keys('uploads/')).not.toEqual([]);

  // The destination's folder bears the title: that is what it is for. Everything else is ours.
  rmSync(join(home, canary), { recursive: true });
  const files = filesIn(folder).filter((path) => path !== original);
  expect(files.some((path) => path.endsWith('-wal'))).toBe(true);
  expect(files.some((path) => path.endsWith('.age'))).toBe(true);
  for (const path of files) {
    expect(path.slice(folder.length)).not.toContain(canary);
    const bytes = readFileSync(path);
    for (const trace of traces()) expect(bytes.includes(trace), `${path} holds ${trace.toString('hex')}`).toBe(false);
  }
  for (const line of lines) expect(line).not.toContain(canary);

  // The search itself works, and the user still has everything.
  for (const [index, trace] of traces().entries())
    expect(
      [Buffer.from(canary), Buffer.from(canary, 'utf16le'), Buffer.from(canary, 'utf16le').swap16()]
        .concat(
          [0, 1, 2].map((offset) =>
            Buffer.from(
              Buffer.concat([Buffer.from('x'.repeat(offset)), Buffer.from(canary), Buffer.from('yyy')]).toString(
                'base64',
              ),
            ),
          ),
        )
        [index]!.includes(trace),
    ).toBe(true);
  expect((await reports.get(draft.id))?.report.title).toBe(canary);
  await store.close();
});
