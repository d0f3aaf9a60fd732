import { expect, test, vi } from 'vitest';
import { openTogether } from '../../nodes/Dossier/openTogether.ts';
import type { OpenedConnection } from '../../nodes/host/connection.ts';

const connections = ['a', 'b'].map((folder) => ({ connection: { folder } }) as unknown as OpenedConnection);

test('items that are taken together have one connection, which is looked up once', async () => {
  const open = vi.fn(async () => connections[0]!);
  const together = openTogether(open, [0, 1, 2]);
  expect(await together()).toBe(connections[0]);
  expect(await together()).toBe(connections[0]);
  expect(open).toHaveBeenCalledTimes(3);
});

test('where the credential names another one for one of them, nothing is begun', async () => {
  const together = openTogether(async (item) => connections[item === 2 ? 1 : 0]!, [0, 1, 2]);
  await expect(together()).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringContaining('item 2') });
});
