import { expect, test } from 'vitest';
import { fromHex, toBase64, toHex } from '../../../shared/core/bytes.ts';
import { sha256Hex } from '../../../shared/core/hashing.ts';
import {
  createDriveState,
  createKey,
  createVault,
  parseKey,
  parsePath,
  readBytes,
  storeFolders,
} from '../../../shared/index.ts';
import { createMemoryDrive, createMemoryStorage, createStoreCipher, openLedger } from '../../../shared/testing.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';
import { listing } from '../report/submitting.ts';

test('a stranger with the whole folder finds none of a thousand recorded digests in it, nor a word of the store', async () => {
  const clock = createVirtualClock({ auto: true });
  const drive = createMemoryDrive(createMemoryStorage(() => clock.now()));
  const place = parsePath('/Reports');
  await drive.createFolder({ path: parsePath('/') }, 'Reports');
  const key = parseKey(createKey());
  const cipher = createStoreCipher(key, await createVault(key));
  const digests = Array.from({ length: 1000 }, (_, index) => sha256Hex(seededBytes(16, `planted ${index}`)));
  for (const part of [0, 1, 2, 3, 4]) {
    const store = createDriveState({ drive, folder: storeFolders(place).state, clock, cipher });
    const { log } = await openLedger({ store, key, clock, random: (length) => seededBytes(length, `salt ${part}`) });
    await log.append(
      digests.slice(part * 200, (part + 1) * 200).map((sha256, index) => ({
        event: 'Register' as const,
        asset: `asset${part}-${index}`,
        occasion: 'first',
        observedAt: 0,
        subjects: [{ sha256 }],
        masked: { name: 'Zeugin.jpg' },
      })),
    );
    expect(await log.find(digests[part * 200]!)).toEqual([part * 200]);
    await store.close();
  }
  const files = (await listing(drive, '/Reports/.dossier')).filter(({ type }) => type === 'file');
  expect(files.some(({ path }) => path.includes('/segments/'))).toBe(true);
  const known = new Set(digests.flatMap((digest) => [digest, digest.slice(0, 16)]));
  const prefixes = new Set(digests.map((digest) => digest.slice(0, 16)));
  const words = [
    'ledger',
    'digest',
    'entry',
    'asset',
    'Zeugin',
    'payload',
    'sha256',
    ...digests.slice(0, 20).map((digest) => toBase64(fromHex(digest)).slice(0, 20)),
  ];
  let bytesSearched = 0;
  for (const { path } of files) {
    const bytes = await readBytes(drive.read({ path }), 2 ** 26);
    bytesSearched += bytes.length;
    const text = Buffer.from(bytes).toString('latin1');
    // As text at any place, and as bytes at any place: eight of them tell a digest from all else.
    for (let at = 0; at + 16 <= text.length; at++) {
      if (prefixes.has(text.slice(at, at + 16))) throw new Error(`${path} holds a digest`);
      if (prefixes.has(toHex(bytes.subarray(at, at + 8)))) throw new Error(`${path} holds a digest`);
    }
    for (const word of words) expect(text.includes(word), `${word} in ${path}`).toBe(false);
    for (const name of path.split('/')) expect(known.has(name) || known.has(name.slice(0, 16)), path).toBe(false);
  }
  expect(bytesSearched).toBeGreaterThan(1_000_000);
}, 60_000);
