import { createHmac } from 'node:crypto';
import { nodeClock } from '../../extension/src/node/nodeClock.ts';
import { digestsOf } from '../../shared/core/hashing.ts';
import { rootPath } from '../../shared/core/paths.ts';
import type { FileEntry } from '../../shared/drive/entry.ts';
import { assetId } from '../../shared/ledger/statement/asset.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import { createCoalescer } from '../../shared/webhook/coalescer.ts';
import { accountsOfNotice, isSignedByDropbox } from '../../shared/webhook/dropbox.ts';
import { startDropboxEmulator } from '../emulators/dropbox/index.ts';
import { openDropbox } from '../support/dropbox.ts';
import { assetKey, createWalker, testAccount } from '../support/linking.ts';
import { seeded, seededInteger } from '../support/seeded.ts';
import { forgeries } from './webhookForgeries.ts';

export interface WebhookFigures {
  readonly forged_accepted: number;
  readonly missed: number;
  readonly doubled: number;
}

export interface WebhookRun {
  readonly seed: number;
  readonly forgeries: number;
  readonly notices: number;
  readonly files: number;
}

const secret = 'the secret of the app';
const bytes = (text: string) => new TextEncoder().encode(text);
const signatureOf = (body: Uint8Array) => createHmac('sha256', secret).update(body).digest('hex');

/**
 * Forged notices, and genuine ones that come several times and in any order at three receivers with a ledger in common,
 * while files change. Each file has two contents in the end: each is to be recorded once.
 */
export async function runWebhooks({
  seed,
  forgeries: forged,
  notices,
  files: count,
}: WebhookRun): Promise<WebhookFigures> {
  const emulator = await startDropboxEmulator();
  try {
    const random = seeded(`webhooks ${seed}`);
    const drive = openDropbox(emulator);
    const folder = await drive.createFolder({ path: rootPath }, 'Linked');
    const store = createMemoryState();
    const link = await createWalker(store).link(drive, folder, 'provider');
    const told: string[] = [];
    const receivers = Array.from({ length: 3 }, () => {
      const walker = createWalker(store);
      const walk = async () => {
        const { changes } = await walker.walk(link, openDropbox(emulator));
        told.push(...changes.map(({ asset, event, version }) => `${asset} ${event} ${version}`));
      };
      const coalescer = createCoalescer({ walk, clock: nodeClock, settleMs: 5 });
      return {
        /** What a host does with a request: undefined when it is refused. */
        receive(body: Uint8Array, signature: unknown): Promise<void>[] | undefined {
          return isSignedByDropbox(body, signature, secret)
            ? accountsOfNotice(body).map((account) => coalescer.notify(account))
            : undefined;
        },
      };
    });
    const body = bytes(JSON.stringify({ list_folder: { accounts: [emulator.accountId] }, delta: { users: [1] } }));
    const accepted = forgeries(forged, seed, body, secret).filter(
      (each) => receivers[0]!.receive(each.body, each.signature) !== undefined,
    ).length;

    const waiting: Promise<void>[] = [];
    const notify = () =>
      waiting.push(...(receivers[seededInteger(random, receivers.length)]!.receive(body, signatureOf(body)) ?? []));
    const expected: string[] = [];
    let current: FileEntry[] = [];
    const each = Math.floor(notices / (2 * count));
    for (const round of [1, 2]) {
      const written: FileEntry[] = [];
      for (let at = 0; at < count; at++) {
        const content = bytes(`file ${at}, content ${round}`);
        const before = current[at];
        const target = { folder, name: `File ${at}.txt`, ...(before ? { replace: before.revision } : {}) };
        const { entry } = await drive.upload(target, content, digestsOf(content));
        written.push(entry);
        expected.push(
          `${assetId(assetKey, { kind: drive.kind, account: testAccount, file: entry.id as string })} ${round === 1 ? 'Register' : 'Publish'} ${round}`,
        );
        // Some early, some late, and many more than there are changes.
        for (let times = 0; times < each; times++) notify();
      }
      current = written;
      // What came in one breath is one version: the second content is written when the first was seen.
      notify();
      await Promise.all(waiting);
    }
    while (waiting.length < notices) notify();
    await Promise.all(waiting);
    return {
      forged_accepted: accepted,
      missed: expected.filter((change) => !told.includes(change)).length,
      doubled: told.length - new Set(told).size + told.filter((change) => !expected.includes(change)).length,
    };
  } finally {
    await emulator.close();
  }
}
