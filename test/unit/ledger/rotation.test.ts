import { describe, expect, test } from 'vitest';
import {
  createKey,
  type DossierKey,
  encodeReceipt,
  encodeTrustedRoot,
  exportHistory,
  fromUtf8,
  type Ledger,
  parseKey,
  parseReceipt,
  pinTrust,
  type Receipt,
  type StateStore,
  type Trust,
  verifyInLedger,
} from '../../../shared/index.ts';
import { nextKeyOf, type PrivateKeys } from '../../../shared/ledger/identity/rotation.ts';
import { createLog } from '../../../shared/ledger/log/log.ts';
import { logKeyFromSeed, statementKeyFromSeed } from '../../../shared/ledger/signing/signingKeys.ts';
import type { NextKey } from '../../../shared/ledger/statement/statement.ts';
import { openPublished } from '../../../shared/ledger/verify/verifyPublished.ts';
import {
  auditLedger,
  createMemoryState,
  createReceipt,
  digestsOf,
  findLedger,
  followRotations,
  type LedgerPorts,
  openLedger,
  rotateKeys,
  verifyReceipt,
} from '../../../shared/testing.ts';
import { publishInMemory } from '../../support/publishing.ts';
import { seededBytes } from '../../support/seeded.ts';
import { createVirtualClock } from '../../support/virtualClock.ts';

const keyOf = (name: string): DossierKey => parseKey(createKey((length) => seededBytes(length, name)));
const [first, second, third] = [keyOf('first'), keyOf('second'), keyOf('third')];
const content = (name: string) => digestsOf(seededBytes(30, name));
let call = 0;

function portsOf(store: StateStore, key = first): LedgerPorts {
  return {
    store,
    key,
    clock: createVirtualClock({ auto: true }),
    random: (length) => seededBytes(length, `rotation ${call++}`),
  };
}
const happened = (name: string, event: 'Register' | 'Publish' = 'Register', asset = name) => ({
  event,
  asset,
  occasion: name,
  observedAt: 0,
  subjects: [content(name)],
  masked: { name: `${name}.jpg` },
});

async function rotated() {
  const store = createMemoryState();
  const before = await openLedger(portsOf(store));
  await before.log.append([happened('one'), happened('two')]);
  const pinned = before.trust;
  const old = await createReceipt(before.log, 0);
  const after = await rotateKeys(portsOf(store), second);
  await after.log.append([happened('three', 'Publish', 'one'), happened('four')]);
  return { store, before, pinned, old, after };
}

const failing = (receipt: Receipt, trust: Trust) =>
  verifyReceipt(receipt, trust)
    .parts.filter(({ holds }) => !holds)
    .map(({ part }) => part);
const changeOf = async (ledger: Ledger, place = 0) => createReceipt(ledger.log, ledger.trust.rotations![place]!.index);

describe('changing the keys of a ledger', () => {
  test('keeps its name, its entries, its asset ids and its chains; the audit finds nothing', async () => {
    const { store, before, after } = await rotated();
    expect(after.log.identity.origin).toBe(before.log.identity.origin);
    expect(after.assetKey).toEqual(before.assetKey);
    expect(after.log.statementFingerprint).not.toBe(before.log.statementFingerprint);
    expect(after.log.identity.publicKey).not.toEqual(before.log.identity.publicKey);
    const ledger = (await findLedger(portsOf(store, second)))!;
    expect((await ledger.log.head())!.checkpoint.size).toBe(5);
    for (const [name, version] of [
      ['one', 1],
      ['two', 1],
      ['three', 2],
    ] as const) {
      const verdict = await verifyInLedger(ledger, { digests: content(name) });
      expect(verdict, name).toMatchObject({ answer: 'known', versions: [{ version, proof: { holds: true } }] });
    }
    expect(await auditLedger(portsOf(store, second))).toEqual([]);
  });

  test('can be done again, twice over, and not back', async () => {
    const { store } = await rotated();
    expect((await rotateKeys(portsOf(store), second)).trust.rotations).toHaveLength(1);
    const last = await rotateKeys(portsOf(store, second), third);
    await last.log.append([happened('five')]);
    expect(last.trust.statementKeys).toHaveLength(3);
    expect(await auditLedger(portsOf(store, third))).toEqual([]);
    for (const index of [0, 2, 3, 5, 6])
      expect(failing(await createReceipt(last.log, index), last.trust), String(index)).toEqual([]);
    await expect(rotateKeys(portsOf(store, third), first)).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(rotateKeys(portsOf(createMemoryState()), second)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('whoever still holds the former key adds nothing, and is told why', async () => {
    const { store, before } = await rotated();
    await expect(before.log.append([happened('late')])).rejects.toMatchObject({ code: 'vault-locked' });
    await expect(findLedger(portsOf(store))).rejects.toMatchObject({ code: 'vault-locked' });
    await expect(rotateKeys(portsOf(store), third)).rejects.toMatchObject({ code: 'vault-locked' });
    expect(await auditLedger(portsOf(store, second))).toEqual([]);
  });

  test('while others record: all that was acknowledged is there, under the key of its place', async () => {
    const store = createMemoryState();
    const writers = await Promise.all([1, 2, 3].map(() => openLedger(portsOf(store))));
    await writers[0]!.log.append([happened('begin')]);
    const acknowledged: string[] = [];
    const writing = writers.map(async ({ log }, writer) => {
      for (let turn = 0; turn < 8; turn++) {
        const name = `w${writer}-${turn}`;
        try {
          await log.append([happened(name)]);
          acknowledged.push(name);
        } catch (error) {
          expect(error).toMatchObject({ code: 'vault-locked' });
        }
      }
    });
    const after = await rotateKeys(portsOf(store), second);
    await Promise.all(writing);
    for (const name of acknowledged)
      expect(await verifyInLedger(after, { digests: content(name) }), name).toMatchObject({
        answer: 'known',
        versions: [{ proof: { holds: true } }],
      });
    expect((await after.log.head())!.checkpoint.size).toBe(acknowledged.length + 2);
    expect(await auditLedger(portsOf(store, second))).toEqual([]);
  });

  test.each([0, 1])(
    'after a kill at commit %i the ledger has its former keys or its next ones, and it can be finished',
    async (kill) => {
      const store = createMemoryState();
      await (await openLedger(portsOf(store))).log.append([happened('one')]);
      let commits = 0;
      const dying: StateStore = {
        ...store,
        commit: async (changes) => {
          if (commits++ >= kill) throw new Error('killed');
          return store.commit(changes);
        },
      };
      await expect(rotateKeys(portsOf(dying), second)).rejects.toThrow('killed');
      const opened = (await findLedger(portsOf(store, kill === 0 ? first : second)))!;
      expect((await opened.log.head())!.checkpoint.size).toBe(1 + kill);
      const after = await rotateKeys(portsOf(store), second);
      await after.log.append([happened('two')]);
      expect(await auditLedger(portsOf(store, second))).toEqual([]);
    },
  );

  test('checkpoints that somebody kept, from before and after, still show when the newest entries are gone', async () => {
    const store = createMemoryState();
    const before = await openLedger(portsOf(store));
    await before.log.append([happened('one')]);
    const kept = [(await before.log.head())!.note];
    const after = await rotateKeys(portsOf(store), second);
    const earlier = await store.list('');
    await after.log.append([happened('two')]);
    kept.push((await after.log.head())!.note);
    expect(await auditLedger(portsOf(store, second), { seen: kept })).toEqual([]);
    const reopened = await findLedger({ ...portsOf(store, second), seenElsewhere: async () => kept });
    expect((await reopened!.log.head())!.checkpoint.size).toBe(3);

    const backup = createMemoryState();
    for (const { key, value } of earlier) await backup.commit([{ key, value, expectedVersion: 0 }]);
    expect((await auditLedger(portsOf(backup, second), { seen: kept })).map(({ sentence }) => sentence)).toEqual([
      expect.stringContaining('the newest are missing'),
    ]);
    const stale = await findLedger({ ...portsOf(backup, second), seenElsewhere: async () => kept });
    await expect(stale!.log.head()).rejects.toThrow(/restored backup/);
  });
});

describe('following a change of keys', () => {
  test('who pinned the first key follows, and believes each key on its own side only', async () => {
    const { pinned, old, after } = await rotated();
    const newer = await createReceipt(after.log, 3);
    expect(failing(newer, pinned)).toEqual(expect.arrayContaining(['key', 'signature', 'checkpoint']));
    const followed = followRotations(pinned, [parseReceipt(encodeReceipt(await changeOf(after)))]);
    expect(followed).toEqual(after.trust);
    for (const receipt of [old, newer, await createReceipt(after.log, 0), await changeOf(after)])
      expect(failing(receipt, followed)).toEqual([]);
    expect(followRotations(followed, [await changeOf(after)])).toEqual(followed);
  });

  test('keys outside of their time are refused, and named', async () => {
    const { old, after } = await rotated();
    const [rotation] = after.trust.rotations!;
    const moved = (index: number): Trust => ({ ...after.trust, rotations: [{ ...rotation!, index }] });
    expect(
      verifyReceipt(await createReceipt(after.log, 3), moved(4)).parts.find(({ part }) => part === 'key'),
    ).toMatchObject({ holds: false, sentence: { id: expect.stringContaining('not in use at its place') } });
    expect(failing(await createReceipt(after.log, 1), moved(0))).toContain('key');
    expect(verifyReceipt(old, moved(0)).parts.find(({ part }) => part === 'checkpoint')).toMatchObject({
      holds: false,
      sentence: { id: expect.stringContaining('not in use at that time') },
    });
  });

  test('a thief of the former keys who goes on with the ledger is refused', async () => {
    const store = createMemoryState();
    const victim = await openLedger(portsOf(store));
    await victim.log.append([happened('one')]);
    const stolen = createMemoryState();
    for (const { key, value } of await store.list('')) await stolen.commit([{ key, value, expectedVersion: 0 }]);
    const after = await rotateKeys(portsOf(store), second);
    const thief = (await findLedger(portsOf(stolen)))!;
    await thief.log.append(
      [happened('forged 1'), happened('forged 2'), happened('forged 3')].map((each) => ({
        ...each,
        asset: each.asset.replace(' ', '-'),
      })),
    );
    for (const index of [2, 3])
      expect(failing(await createReceipt(thief.log, index), after.trust)).toEqual(['key', 'checkpoint']);
  });

  test('a ledger of somebody else is followed from the pinned fingerprint', async () => {
    const { before, after } = await rotated();
    const given = {
      statementKey: before.statementKeyPem,
      fingerprint: before.log.statementFingerprint,
      trustedRoot: encodeTrustedRoot(after.trust, after.since),
    };
    const receipt = await createReceipt(after.log, 4);
    expect(failing(receipt, pinTrust(given))).toContain('key');
    const trust = pinTrust({ ...given, rotations: [encodeReceipt(await changeOf(after))] });
    expect(failing(receipt, trust)).toEqual([]);
  });

  test('the trusted root says when each key of the log was in use', async () => {
    const { after } = await rotated();
    const { tlogs } = JSON.parse(fromUtf8(encodeTrustedRoot(after.trust, after.since))) as {
      tlogs: { publicKey: { validFor: { start: string; end?: string } } }[];
    };
    const [formerly, now] = tlogs.map(({ publicKey }) => publicKey.validFor);
    expect(tlogs).toHaveLength(2);
    expect(formerly!.end).toBe(now!.start);
    expect(now!.end).toBeUndefined();
  });
});

describe('a forged change of keys', () => {
  const [mine, next, thief] = ['mine', 'next', 'thief'].map(
    (seed): PrivateKeys => ({
      log: logKeyFromSeed(seededBytes(32, `${seed} log`)),
      statement: statementKeyFromSeed(seededBytes(32, `${seed} statement`)),
    }),
  ) as [PrivateKeys, PrivateKeys, PrivateKeys];
  const origin = 'rotation.dossier.example';
  const trust: Trust = {
    logs: [{ origin, publicKey: mine.log.publicKey }],
    statementKeys: [mine.statement.publicKey],
    timestampChains: [],
  };

  /** A change as these keys would write it, covered by the log key that follows. */
  async function changed(signer: PrivateKeys, nextKey: NextKey, subject = nextKey.fingerprint): Promise<Receipt> {
    const log = createLog({
      store: createMemoryState(),
      ledger: 'main',
      origin,
      logKey: next.log,
      statementKey: signer.statement,
      clock: createVirtualClock({ auto: true }),
      random: (length) => seededBytes(length, `forged ${call++}`),
    });
    await log.append([
      happened('one'),
      { ...happened('change'), event: 'KeyRotate' as const, subjects: [{ sha256: subject }], details: { nextKey } },
    ]);
    return createReceipt(log, 1);
  }
  const genuine = nextKeyOf(origin, mine, next);

  test('is told from a genuine one', async () => {
    const receipt = await changed(mine, genuine);
    expect(followRotations(trust, [receipt]).statementKeys).toHaveLength(2);
  });

  test('is not followed where the same keys were changed before, whichever comes first', async () => {
    const [owner, other] = [
      await changed(mine, genuine),
      { ...(await changed(mine, nextKeyOf(origin, mine, { ...thief, log: next.log }))), index: 1 },
    ];
    expect(followRotations(trust, [other]).statementKeys[1]).toEqual(thief.statement.publicKey);
    for (const both of [
      [owner, other],
      [other, owner],
    ])
      expect(() => followRotations(trust, both)).toThrow(/changed twice/);
    expect(() => followRotations(followRotations(trust, [owner]), [other])).toThrow(/changed twice/);
    expect(followRotations(trust, [owner, owner]).rotations).toHaveLength(1);
  });

  const cases: readonly [string, () => Promise<Receipt>, RegExp][] = [
    [
      'by an unknown key',
      () => changed(thief, nextKeyOf(origin, thief, next)),
      /signed with a key that is not among your trusted keys/,
    ],
    [
      'by an unknown key, with the names of the known ones',
      () => changed(thief, genuine),
      /signed with a key that is not among your trusted keys/,
    ],
    [
      'without the next key’s signature',
      () => changed(mine, { ...genuine, signature: nextKeyOf(origin, mine, thief).signature }),
      /next statement key has not signed it/,
    ],
    [
      'without the former log key’s signature',
      () =>
        changed(mine, { ...genuine, log: { ...genuine.log, signature: nextKeyOf(origin, thief, next).log.signature } }),
      /former key of the log has not signed it/,
    ],
    [
      'with a signature for another log',
      () => changed(mine, nextKeyOf('other.dossier.example', mine, next)),
      /has not signed it/,
    ],
    [
      'by one who has only the statement key',
      () => changed(mine, nextKeyOf(origin, { ...mine, log: thief.log }, next)),
      /a ledger that is not among your trusted ones/,
    ],
    [
      'to another key than the subject',
      () => changed(mine, genuine, thief.statement.fingerprint),
      /not the one that it names/,
    ],
    ['to the same key', () => changed(mine, nextKeyOf(origin, mine, mine)), /are the former ones/],
    ['that names nothing', () => changed(mine, {} as NextKey, next.statement.fingerprint), /does not name the keys/],
    [
      'whose checkpoint the next log key has not signed',
      async () => ({
        ...(await changed(mine, genuine)),
        checkpoint: (await changed(mine, genuine)).checkpoint.replace(/(— \S+ .{20})./, '$1A'),
      }),
      /does not hold/,
    ],
  ];

  test.each(cases)('%s is refused, and named', async (_what, forge, sentence) => {
    const receipt = await forge();
    expect(() => followRotations(trust, [receipt])).toThrow(sentence);
    expect(
      verifyReceipt(receipt, { ...trust, logs: [...trust.logs, { origin, publicKey: next.log.publicKey }] }).holds,
    ).toBe(false);
  });
});

describe('damage to a ledger that has changed its keys', () => {
  test('every changed byte of its name, its head and the change itself is found', async () => {
    const { store } = await rotated();
    const all = new Map((await store.list('')).map(({ key, value }) => [key, value]));
    const holding = (records: ReadonlyMap<string, Uint8Array>): StateStore => ({
      ...store,
      get: async (key) => (records.has(key) ? { key, value: records.get(key)!, version: 1 } : undefined),
      list: async (prefix) =>
        [...records].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value, version: 1 })),
      commit: () => Promise.reject(new TypeError('An audit writes nothing')),
    });
    const verified = new Set<string>();
    expect(await auditLedger(portsOf(holding(all), second), { verified })).toEqual([]);
    const missed: string[] = [];
    for (const key of ['ledger/main/id', 'ledger/main/head', 'ledger/main/entry/000000000002']) {
      const value = all.get(key)!;
      for (let at = 0; at < value.length; at++) {
        const damaged = new Map(all).set(
          key,
          Uint8Array.from(value, (byte, place) => (place === at ? byte ^ 1 : byte)),
        );
        if ((await auditLedger(portsOf(holding(damaged), second), { verified })).length === 0)
          missed.push(`${key} at ${at}`);
      }
    }
    expect(missed).toEqual([]);
  }, 60_000);
});

describe('what others get of it', () => {
  test('an export of a history holds the change, both keys and a command for it', async () => {
    const { after } = await rotated();
    const files = new Map<string, Uint8Array>();
    for await (const { path, bytes } of exportHistory(after, { asset: 'one' })) files.set(path, bytes);
    expect([...files.keys()]).toEqual([
      'trusted_root.json',
      'statement-key.pem',
      'statement-key-2.pem',
      'rotations/1.sigstore.json',
      'rotations/1.next-key.der',
      'statements/001-Register.sigstore.json',
      'proofs/001-Register.tlog-proof',
      'statements/002-Publish.sigstore.json',
      'proofs/002-Publish.tlog-proof',
      'index.html',
    ]);
    const page = fromUtf8(files.get('index.html')!);
    expect(page).toContain('--key statement-key-2.pem --bundle statements/002-Publish.sigstore.json');
    expect(page).toContain('--key statement-key.pem --bundle rotations/1.sigstore.json');
  });

  test('a published ledger goes on in the same folder', async () => {
    const store = createMemoryState();
    const before = await openLedger(portsOf(store));
    await before.log.append([happened('one')]);
    const publication = await publishInMemory(before);
    await publication.publish();
    const after = await rotateKeys(portsOf(store), second);
    await after.log.append([happened('two')]);
    expect(await publication.publish({ ledger: after })).toEqual({ size: 3, changed: true, repaired: false });
    expect(await publication.publish({ ledger: after })).toEqual({ size: 3, changed: false, repaired: false });
    const read = async (path: string) => (await publication.read(path))!;
    const digests = content('one');
    for (const { log } of [before, after]) {
      const published = await openPublished({ read: publication.read, fingerprint: log.statementFingerprint });
      expect(await published.ask({ digests })).toMatchObject({ answer: 'known', versions: [{ index: 0 }] });
      expect(published).toMatchObject({ compared: true, fingerprint: after.log.statementFingerprint });
    }
    await expect(openPublished({ read: publication.read, fingerprint: 'ab'.repeat(32) })).rejects.toThrow(
      /fingerprint/,
    );
    expect(await read('trusted_root.json')).toEqual(encodeTrustedRoot(after.trust, after.since));
    expect(followRotations(before.trust, [parseReceipt(await read('rotations/1.sigstore.json'))])).toEqual(after.trust);
    const page = fromUtf8(await read('index.html'));
    // The page of a forger would say any fingerprint: it gives the command that tells that of the file.
    expect(page).toContain('openssl pkey -pubin -in statement-key.pem');
    expect(page).toContain(before.log.statementFingerprint);
  });
});
