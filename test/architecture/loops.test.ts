import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { endlessLoopsIn, filesWithEndlessLoops } from '../../.config/loops.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Why a loop ends although it spends no budget. No server decides it. */
const ends: Readonly<Record<string, string>> = {
  'shared/core/retry.ts': 'after the attempts of its policy: the budget of everything that is repeated',
  'shared/report/outbox/outbox.ts': 'with the signal, or once two leases have passed',
  'shared/report/outbox/sending.ts': 'with the sending whose lease it renews',
  'shared/report/outbox/actions.ts': 'after the looks that it counts',
  'shared/connection/nextcloudLogin.ts': 'when the login expires',
  'shared/drive/sourceBytes.ts': 'with the source, which is local',
  'shared/drive/hashSource.ts': 'with the source, which is local',
  'shared/metadata/forward.ts': 'with the source, which is local',
  'shared/metadata/window.ts': 'with the source, which is local',
  'shared/drives/dropbox/listing.ts': 'when pages are empty too often or repeat their cursor',
  'shared/drives/nextcloud/sessions.ts': 'with its items',
  'shared/drives/webdav/folders.ts': 'after the most folders that are believed',
  'shared/ledger/backends/rekor/index.ts': 'with the entries below a size that is given',
  'shared/upload/run.ts': 'with the work that was spawned',
  'shared/upload/permits.ts': 'with the requests that hold what is waited for',
  'shared/mirror/pool.ts': 'with the items that it is given',
  'shared/workspace/places.ts': 'at the top of the drive',
  'shared/webhook/coalescer.ts': 'with the walks that were asked for',
};

test('a loop whose end a server decides spends a budget, or says here why it ends', () => {
  const found = filesWithEndlessLoops(root, 'shared').filter((name) => !name.startsWith('shared/state/'));
  expect(found.filter((name) => !(name in ends))).toEqual([]);
});

test.each([
  ['for (;;) { await look(); }', [1]],
  ['while (taken) { taken = await isTaken(name++); }', [1]],
  ['do { for await (const page of pages()) use(page); } while (more);', [1]],
  ['for (let name = 0; ; name++) {\n  if (await make(name)) return;\n}', [1]],
  ['for (;;) { tries.spend(); await look(); }', []],
  ['for (let at = 0; at < names.length; at++) await make(names[at]);', []],
  ['for (const name of names) await make(name);', []],
  ['while (queue.length > 0) run(async () => { await queue.shift(); });', []],
])('%s', (code, lines) => {
  expect(endlessLoopsIn(`async function f() {${code}}`)).toEqual(lines);
});
