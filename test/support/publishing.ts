import { fromUtf8, readBytes } from '../../shared/core/bytes.ts';
import { joinPath, parsePath } from '../../shared/core/paths.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import { createMemoryDrive } from '../../shared/drives/memory/index.ts';
import {
  type Published,
  type PublishMemory,
  type PublishOptions,
  publishLedger,
} from '../../shared/ledger/export/publish.ts';
import { parsePublishedHead, publishedHeadName } from '../../shared/ledger/lookup/publishedHead.ts';
import { type Ledger, type LedgerPorts, openLedger } from '../../shared/ledger/openLedger.ts';
import { parseStatement } from '../../shared/ledger/statement/statement.ts';
import { createMemoryState } from '../../shared/state/memory.ts';
import type { StateStore } from '../../shared/state/state.ts';
import { createKey, type DossierKey, parseKey } from '../../shared/vault/key.ts';
import { seededBytes } from './seeded.ts';
import { createVirtualClock } from './virtualClock.ts';

export const publicFolder = { path: parsePath('/public') };

export const testKey = (name: string): DossierKey => parseKey(createKey((length) => seededBytes(length, name)));

let salts = 0;

/** A ledger of its own for each store; the keys follow from the name. */
export function openTestLedger(
  store: StateStore = createMemoryState(),
  name = 'owner',
  given: Partial<LedgerPorts> = {},
): Promise<Ledger> {
  const random = (length: number) => seededBytes(length, `published ${name} ${salts++}`);
  return openLedger({ store, key: testKey(name), clock: createVirtualClock({ auto: true }), random, ...given });
}

/** A published folder on a drive, with what its publisher remembers. */
export interface TestPublication {
  readonly drive: Drive;
  memory: PublishMemory | undefined;
  publish(options?: Partial<PublishOptions>): Promise<Published>;
  read(path: string): Promise<Uint8Array | undefined>;
  /** All files, by their path below the folder. */
  files(): Promise<Map<string, Uint8Array>>;
}

export async function publishInMemory(ledger: Ledger, given?: Drive): Promise<TestPublication> {
  const drive = given ?? createMemoryDrive();
  if (!given) await drive.createFolder({ path: parsePath('/') }, 'public');
  const publication: TestPublication = {
    drive,
    memory: undefined,
    publish: (options = {}) =>
      publishLedger({
        ledger,
        drive,
        folder: publicFolder,
        isPublic: () => true,
        policy: () => 'all',
        memory: publication.memory,
        remember: async (memory) => void (publication.memory = memory),
        ...options,
      }),
    async read(path) {
      const at = joinPath(publicFolder.path, ...path.split('/'));
      return (await drive.stat({ path: at }))?.type === 'file'
        ? readBytes(drive.read({ path: at }), 2 ** 24)
        : undefined;
    },
    async files() {
      const files = new Map<string, Uint8Array>();
      for await (const page of drive.list(publicFolder, { recursive: true }))
        for (const entry of page)
          if (entry.type === 'file')
            files.set(entry.path.slice(publicFolder.path.length + 1), await readBytes(drive.read(entry), 2 ** 24));
      return files;
    },
  };
  return publication;
}

/** Every statement that the index of a published folder shows, by its place in the ledger. */
export function shownStatements(
  files: ReadonlyMap<string, Uint8Array>,
): Map<number, ReturnType<typeof parseStatement>> {
  const shown = new Map<number, ReturnType<typeof parseStatement>>();
  for (const [path, bytes] of files) {
    if (!path.startsWith('lookup/')) continue;
    const node = JSON.parse(fromUtf8(bytes)) as { records?: [string, { statements?: [number, string, string][] }][] };
    for (const [key, { statements }] of node.records ?? [])
      if (key.startsWith('asset '))
        for (const [index, payload] of statements ?? [])
          shown.set(index, parseStatement(new Uint8Array(Buffer.from(payload, 'base64'))));
  }
  return new Map([...shown].sort(([a], [b]) => a - b));
}

export const checkpointIn = (files: ReadonlyMap<string, Uint8Array>): string =>
  parsePublishedHead(files.get(publishedHeadName)!).checkpoint;
