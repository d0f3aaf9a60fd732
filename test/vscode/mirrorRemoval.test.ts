import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ConnectionStore } from '../../extension/src/model/connections/connectionStore.ts';
import type { Ledgers } from '../../extension/src/model/ledger/ledgers.ts';
import type { Mirror } from '../../extension/src/model/mirrors/mirrorStore.ts';
import { createMirrors } from '../../extension/src/model/mirrors/mirrors.ts';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { nodeFiles } from '../../extension/src/node/nodeFiles.ts';
import { unlessCancelled } from '../../extension/src/ui/unlessCancelled.ts';
import { type Drive, mirrorId, parsePath, usualRules } from '../../shared/index.ts';
import { createMemoryDrive, createMemoryState, silentLog } from '../../shared/testing.ts';

vi.mock('vscode', () => import('./editorStub.ts'));

let source: string;
beforeEach(async () => {
  source = await mkdtemp(join(tmpdir(), 'dossier-removal-'));
  await writeFile(join(source, 'a.txt'), 'one');
});
afterEach(() => rm(source, { recursive: true }));

/** Two windows over one store. The first upload waits for ever. */
function windows() {
  const memory = createMemoryDrive();
  const state = createMemoryState();
  let begun!: () => void;
  const isSending = new Promise<void>((resolve) => (begun = resolve));
  const drive: Drive = {
    ...memory,
    async upload(_target, _bytes, _digests, context) {
      begun();
      return unlessCancelled(new Promise<never>(() => undefined), context?.signal);
    },
  };
  const open = () =>
    createMirrors({
      state,
      connections: { open: async () => drive } as unknown as ConnectionStore,
      ledgers: {} as Ledgers,
      files: nodeFiles,
      clock: nodeClock,
      log: silentLog,
    });
  return { state, isSending, here: open(), elsewhere: open() };
}

const mirror = (): Mirror => ({
  schema: 1,
  id: mirrorId(source, 'c'),
  source,
  connection: 'c',
  folder: parsePath(`/${basename(source)}`),
  rules: usualRules,
  paused: false,
});

test.each(['here', 'elsewhere'] as const)(
  'removing a mirror ends a run that goes on in this window (%s)',
  async (from) => {
    const { state, isSending, ...opened } = windows();
    await opened.here.save(mirror());
    const ending = new AbortController();
    const run = opened.here.run(mirror(), { signal: ending.signal }).catch((error: unknown) => error);
    await isSending;
    await opened[from].remove(mirror().id);
    // A run in another window learns of it with its next write.
    ending.abort();
    const ended = await run;
    if (from === 'elsewhere') expect(ended).toMatchObject({ code: 'lease-lost' });
    else expect(ended).toMatchObject({ ending: 'error', error: { code: 'cancelled' } });
    expect(await state.list('')).toEqual([]);
    await expect(opened.here.run(mirror(), {})).rejects.toMatchObject({ code: 'invalid-input' });
  },
);
