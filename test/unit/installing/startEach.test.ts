import { beforeEach, expect, it, vi } from 'vitest';
import { startEach } from '../../hosts/startEach.ts';

const good = (name: string) => ({ name, start: () => Promise.resolve([`${name} at its address`]) });
const bad = (name: string) => ({ name, start: () => Promise.reject(new Error('The disk is full.')) });

beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true));

it('starts the others where one fails, and says which and why', async () => {
  expect(await startEach([bad('n8n'), good('code-server')])).toEqual({
    lines: ['code-server at its address'],
    failures: ['n8n did not start. The disk is full.'],
  });
});

it('fails with all reasons where nothing starts', async () => {
  await expect(startEach([bad('n8n'), bad('code-server')])).rejects.toThrow(
    'n8n did not start. The disk is full.\ncode-server did not start. The disk is full.',
  );
});
