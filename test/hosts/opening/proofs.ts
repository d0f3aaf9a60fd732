import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildPage } from '../../../.config/buildPage.ts';
import { nodeClock } from '../../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../../extension/src/node/nodeFiles.ts';
import { createKey, createLocalFolderDrive, parseKey, parsePath, recordReport } from '../../../shared/index.ts';
import { publishLedger } from '../../../shared/ledger/export/publish.ts';
import { encodeTrustedRoot } from '../../../shared/ledger/identity/trust.ts';
import { createMemoryState, digestsOf, openLedger } from '../../../shared/testing.ts';
import type { ExampleReport } from '../exampleReport.ts';
import type { Proofs } from './board.ts';

/**
 * Records a report in a ledger of its own and lays into `folder` its files with their receipt, a copy of one of them in
 * which a byte was changed, and the public part of the key; and publishes the ledger beside it.
 */
export async function makeProofs(example: ExampleReport, folder: string): Promise<Proofs> {
  const [files, published] = [join(folder, 'files'), join(folder, 'published')];
  for (const each of [files, published]) await mkdir(each, { recursive: true });
  const store = createMemoryState();
  const ledger = await openLedger({ store, key: parseKey(createKey()), clock: nodeClock, random: randomBytes });
  const contents = await Promise.all(
    example.files.map(async ({ path }) => ({ name: basename(path), bytes: await readFile(path) })),
  );
  const { receipt } = await recordReport(ledger, {
    report: 'example',
    manifest: { title: example.title },
    files: contents.map(({ bytes }) => ({ digests: digestsOf(bytes) })),
  });
  for (const { name, bytes } of contents) await writeFile(join(files, name), bytes);
  const [first] = contents as [{ name: string; bytes: Buffer }];
  const changed = Buffer.from(first.bytes);
  changed[changed.length - 3]! ^= 1;
  const tampered = `changed ${first.name}`;
  await writeFile(join(files, tampered), changed);
  await writeFile(join(files, 'dossier.sigstore.json'), receipt);
  await writeFile(join(files, 'statement-key.pem'), ledger.statementKeyPem);
  await writeFile(join(files, 'trusted_root.json'), encodeTrustedRoot(ledger.trust, ledger.since));
  await publishLedger({
    ledger,
    drive: createLocalFolderDrive({ files: nodeFiles, root: published, randomBytes }),
    folder: { path: parsePath('/') },
    isPublic: () => true,
    policy: () => 'all',
    page: await buildPage(),
    remember: async () => undefined,
  });
  return {
    genuine: [...contents.map(({ name }) => name), 'dossier.sigstore.json'],
    tampered: [tampered],
    folder: files,
    published,
    fingerprint: ledger.log.statementFingerprint,
  };
}
