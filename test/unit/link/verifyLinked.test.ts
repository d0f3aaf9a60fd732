import { expect, test } from 'vitest';
import { digestsOf } from '../../../shared/core/hashing.ts';
import { rootPath } from '../../../shared/core/paths.ts';
import type { FolderEntry } from '../../../shared/drive/entry.ts';
import { createMemoryDrive } from '../../../shared/drives/memory/index.ts';
import { statementKeyFromSeed } from '../../../shared/ledger/signing/signingKeys.ts';
import { verifyInLog } from '../../../shared/ledger/verify/verify.ts';
import { createMemoryState } from '../../../shared/state/memory.ts';
import { createWalker } from '../../support/linking.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('a renamed copy of a recorded file is known; with one byte changed it is not, and in its folder its last good version is named', async () => {
  const drive = createMemoryDrive();
  const folder = (await drive.createFolder({ path: rootPath }, 'Linked')) as FolderEntry;
  const walker = createWalker(createMemoryState(), createVirtualClock({ auto: true }));
  const { log, links } = walker;
  const trust = {
    logs: [log.identity],
    statementKeys: [statementKeyFromSeed(seededBytes(32, 'statement')).publicKey],
    timestampChains: [],
  };
  const write = (content: string, replace?: string) =>
    drive.upload(
      { folder, name: 'Minutes.txt', ...(replace === undefined ? {} : { replace }) },
      bytes(content),
      digestsOf(bytes(content)),
    );
  const { entry } = await write('the minutes');
  const link = await walker.link(drive, folder, 'download');
  await walker.walk(link, drive);
  await write('the minutes, corrected', entry.revision);
  await walker.walk(link, drive);
  const [known] = await links.files(link);

  // Only the content is asked about, so that a copy of any name, anywhere, is the same question.
  const found = await verifyInLog(log, trust, { digests: digestsOf(bytes('the minutes')) });
  expect(found).toMatchObject({
    answer: 'known',
    versions: [{ asset: known?.asset, version: 1, proof: { holds: true } }],
  });
  expect(await verifyInLog(log, trust, { digests: digestsOf(bytes('the minutez')) })).toMatchObject({
    answer: 'unknown',
  });
  const changed = await verifyInLog(log, trust, { digests: digestsOf(bytes('the minutez')), asset: known!.asset });
  expect(changed).toMatchObject({
    answer: 'changed',
    asset: known?.asset,
    last: { predicate: { event: 'Publish', version: 2 }, subjects: [digestsOf(bytes('the minutes, corrected'))] },
  });
});
