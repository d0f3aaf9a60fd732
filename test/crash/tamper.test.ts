import { expect, test } from 'vitest';
import { decodeHead, encodeHead } from '../../shared/ledger/log/records.ts';
import { findings, makeLedger, runTamper, tamperings } from './tamper.ts';

test('an audit finds a share of all damages to a ledger; npm run test:tamper shows the whole', {
  timeout: 240_000,
}, async () => {
  const { cases, missed, details } = await runTamper(await makeLedger(), (index) => index % 401 === 7);
  expect(details).toEqual([]);
  expect(missed).toBe(0);
  expect(cases).toBeGreaterThan(120);
});

test('an audit has words for every flipped bit in the name of a ledger and in its head', {
  timeout: 60_000,
}, async () => {
  const victim = await makeLedger();
  for (const name of ['ledger/main/id', 'ledger/main/head']) {
    const value = victim.records.get(name)!;
    for (let at = 0; at < value.length; at++) {
      const damaged = value.with(at, value[at]! ^ (at % 2 === 0 ? 128 : 1));
      expect(
        await findings(new Map(victim.records).set(name, damaged), victim.seen),
        `byte ${at} of ${name}`,
      ).not.toEqual([]);
    }
  }
});

test('erasing salts is no damage; losing the newest entries without a checkpoint from elsewhere cannot be told', {
  timeout: 60_000,
}, async () => {
  const { records, earlier, seen } = await makeLedger();
  const erased = new Map(records).set('ledger/main/salt/000000000003', new TextEncoder().encode('{}'));
  expect(await findings(erased, seen)).toEqual([]);
  expect((await findings(earlier[3]!, seen)).join()).toContain('the newest are missing');
  const { note } = decodeHead({ key: 'head', value: earlier[3]!.get('ledger/main/head')!, version: 1 });
  expect(await findings(earlier[3]!, note!)).toEqual([]);
  expect(tamperings(records, earlier).length).toBeGreaterThan(50_000);
});

test('a head that names more entries than anybody could look for is told at once', { timeout: 20_000 }, async () => {
  const { records, seen } = await makeLedger();
  const head = decodeHead({ key: 'head', value: records.get('ledger/main/head')!, version: 1 });
  // As many bits as 50 has, so that it fits the stored edge of the tree.
  const size = 2 ** 50 + 2 ** 40 + 2 ** 30;
  const found = await findings(
    new Map(records).set('ledger/main/head', encodeHead({ ...head, tree: { ...head.tree, size } })),
    seen,
  );
  expect(found.join()).toContain('The head of the ledger does not fit its entries');
});
