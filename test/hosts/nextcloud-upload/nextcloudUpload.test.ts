import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { startNextcloudEmulator } from '../../emulators/nextcloud/index.ts';
import { uploadByNextcloudPage } from './nextcloudUpload.ts';

const chunkBytes = 5 * 1024 * 1024;

describe.each(['local', 's3v2'] as const)(
  'Nextcloud’s own web page and the emulated Nextcloud (%s storage)',
  (mode) => {
    let nextcloud: NextcloudEmulator;
    let folder: string;

    beforeEach(async () => {
      nextcloud = await startNextcloudEmulator({ mode });
      folder = await mkdtemp(join(tmpdir(), 'dossier-upload-'));
    });

    afterEach(async () => {
      await nextcloud.close();
      await rm(folder, { recursive: true, force: true });
    });

    it.each([
      ['in one request', 1_000, { isChunked: false, chunks: 1 }],
      ['in chunks', 2 * chunkBytes + 1, { isChunked: true, chunks: 3 }],
    ])('understand each other %s', async (_how, size, expected) => {
      const bytes = randomBytes(size);
      const file = join(folder, 'Fotos & Töne.bin');
      await writeFile(file, bytes);
      const { url, user, password, userId } = nextcloud;
      expect(
        await uploadByNextcloudPage({ url, user, password, userId, file, target: 'Fotos & Töne.bin', chunkBytes }),
      ).toMatchObject(expected);

      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      const stored = await fetch(`${nextcloud.filesUrl}/${encodeURIComponent('Fotos & Töne.bin')}`, {
        headers: { authorization },
      });
      expect(Buffer.compare(Buffer.from(await stored.arrayBuffer()), bytes)).toBe(0);
    });
  },
);
