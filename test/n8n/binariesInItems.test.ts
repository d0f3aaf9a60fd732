import { expect, it, vi } from 'vitest';
import { seededBytes } from '../support/seeded.ts';
import { dropbox, host, json, path, run } from './dropboxNode.ts';

// n8n reads this once, when it is loaded.
vi.hoisted(() => (process.env['N8N_DEFAULT_BINARY_DATA_MODE'] = 'default'));

it('works where n8n keeps binaries within the items instead of in a store', async () => {
  const bytes = seededBytes(700_000, 'memory');
  const data = await host.store(bytes, 'a.bin');
  expect(data.id).toBeUndefined();
  expect(
    json(
      await run('file', 'upload', { folder: path('/'), fields: 'data' }, { items: [{ json: {}, binary: { data } }] }),
    ),
  ).toMatchObject([{ path: '/a.bin', size: bytes.length }]);
  expect(Buffer.compare(await dropbox.files.read('/a.bin'), bytes)).toBe(0);
  const { outputs } = await run('file', 'download', { path: path('/a.bin'), field: 'got' });
  const got = outputs[0]![0]!.binary!['got']!;
  expect(got.id).toBeUndefined();
  expect(Buffer.compare(await host.read(got), bytes)).toBe(0);
});
