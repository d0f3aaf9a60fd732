import { describe, expect, test } from 'vitest';
import { isDossierError } from '../../shared/core/errors.ts';
import { digestsOf } from '../../shared/core/hashing.ts';
import type { LedgerService } from '../../shared/ledger/backends/backend.ts';
import type { Occurrence } from '../../shared/ledger/log/log.ts';
import type { LedgerEvent } from '../../shared/ledger/statement/statement.ts';

export interface LedgerScene {
  /** Another process on the same ledger. */
  open(): Promise<LedgerService>;
  /** The service on the other side, where there is one. */
  readonly service?: LedgerServer;
  close(): Promise<void>;
}

/** What a test can make the other side do to the coming write, and what it has been told so far. */
export interface LedgerServer {
  /** It does it, and its answer gets lost. */
  loseAnswer(): void;
  /** It refuses and asks to wait so many seconds. */
  press(seconds: number): void;
  told(): string;
}

const digests = (content: string) => digestsOf(new TextEncoder().encode(content));
const happened = (asset: string, event: LedgerEvent, content: string, occasion = content): Occurrence => ({
  event,
  asset,
  occasion,
  observedAt: Date.UTC(2026, 0, 1),
  subjects: [digests(content)],
  masked: { name: 'hidden.txt', path: '/hidden.txt' },
});
const one = '11111111-1111-8111-8111-111111111111';
const other = '22222222-2222-8222-8222-222222222222';

/** What every kind of ledger promises; `remote` ones have somebody on the other side. */
export function ledgerSuite(name: string, kind: 'local' | 'remote', begin: () => Promise<LedgerScene>): void {
  const scene = async (
    work: (ledger: LedgerService, again: () => Promise<LedgerService>, service: LedgerServer) => Promise<void>,
  ) => {
    const { open, close, service } = await begin();
    try {
      await work(await open(), open, service as LedgerServer);
    } finally {
      await close();
    }
  };

  describe(`ledger contract: ${name}`, () => {
    test('each content is a version, other events are none', () =>
      scene(async (ledger) => {
        const recorded = await ledger.append([
          happened(one, 'Register', 'a'),
          happened(one, 'Publish', 'b'),
          happened(one, 'Rename', 'b'),
          happened(other, 'Register', 'c'),
          happened(one, 'Publish', 'd'),
        ]);
        expect(recorded.map(({ asset, event, version, known }) => [asset, event, version, known])).toEqual([
          [one, 'Register', 1, false],
          [one, 'Publish', 2, false],
          [one, 'Rename', 2, false],
          [other, 'Register', 1, false],
          [one, 'Publish', 3, false],
        ]);
      }));

    test('the same occasion is recorded once, in one call, later, and by another process', () =>
      scene(async (ledger, again) => {
        const first = happened(one, 'Register', 'a');
        const [recorded, repeated] = await ledger.append([first, first]);
        expect(repeated).toEqual({ ...recorded, known: true });
        expect(await ledger.append([first])).toEqual([{ ...recorded, known: true }]);
        const elsewhere = await again();
        expect(await elsewhere.append([first])).toEqual([{ ...recorded, known: true }]);
        expect(await elsewhere.history(one)).toHaveLength(1);
      }));

    test('two processes at once leave one history', () =>
      scene(async (ledger, again) => {
        const elsewhere = await again();
        const occurrences = [happened(one, 'Register', 'a'), happened(one, 'Publish', 'b')];
        await Promise.all([ledger.append(occurrences), elsewhere.append(occurrences), ledger.append(occurrences)]);
        expect((await ledger.history(one)).map(({ event, version }) => [event, version])).toEqual([
          ['Register', 1],
          ['Publish', 2],
        ]);
      }));

    test('history and newest tell an asset from the others', () =>
      scene(async (ledger, again) => {
        await ledger.append([
          happened(one, 'Register', 'a'),
          happened(other, 'Register', 'b'),
          happened(one, 'Publish', 'c'),
          happened(one, 'Delete', 'c'),
        ]);
        const reader = await again();
        expect((await reader.history(one)).map(({ event }) => event)).toEqual(['Register', 'Publish', 'Delete']);
        expect(await reader.newest(one)).toMatchObject({ asset: one, event: 'Delete', version: 2 });
        expect(await reader.newest('33333333-3333-8333-8333-333333333333')).toBeUndefined();
        expect(await reader.history('33333333-3333-8333-8333-333333333333')).toEqual([]);
      }));

    test('a content is found whoever has it, whatever it is called, and a byte more is another', () =>
      scene(async (ledger) => {
        await ledger.append([
          happened(one, 'Register', 'a'),
          happened(other, 'Register', 'a'),
          happened(one, 'Publish', 'b'),
        ]);
        expect(
          (await ledger.find({ sha256: digests('a').sha256 })).map(({ asset, version }) => [asset, version]),
        ).toEqual([
          [one, 1],
          [other, 1],
        ]);
        expect(await ledger.find(digests('a '))).toEqual([]);
      }));

    /** Registered for every kind, and reported as skipped where nobody is on the other side. */
    const remotely = test.skipIf(kind === 'local');

    remotely('a write whose answer got lost is found again, not made again', () =>
      scene(async (ledger, again, service) => {
        for (const [event, content] of [
          ['Register', 'a'],
          ['Publish', 'b'],
          ['Delete', 'b'],
        ] as const) {
          service.loseAnswer();
          await expect(ledger.append([happened(one, event, content)])).rejects.toSatisfy((error) =>
            isDossierError(error, 'offline'),
          );
          const [recorded] = await (await again()).append([happened(one, event, content)]);
          expect(recorded).toMatchObject({ event, known: true });
        }
        expect((await ledger.history(one)).map(({ event, version }) => [event, version])).toEqual([
          ['Register', 1],
          ['Publish', 2],
          ['Delete', 2],
        ]);
      }),
    );

    remotely('pressure is passed on with what was asked to wait, and nothing is lost or doubled by trying again', () =>
      scene(async (ledger, _again, service) => {
        const occurrences = [
          happened(one, 'Register', 'a'),
          happened(other, 'Register', 'b'),
          happened(one, 'Publish', 'c'),
        ];
        service.press(7);
        await expect(ledger.append(occurrences)).rejects.toSatisfy(
          (error) => isDossierError(error, 'rate-limited') && error.retryAfterMs === 7_000 && error.retry === 'later',
        );
        expect((await ledger.append(occurrences)).map(({ version }) => version)).toEqual([1, 1, 2]);
        expect([(await ledger.history(one)).length, (await ledger.history(other)).length]).toEqual([2, 1]);
      }),
    );

    remotely('no name and no path leaves the machine', () =>
      scene(async (ledger, _again, service) => {
        await ledger.append([
          happened(one, 'Register', 'a'),
          happened(one, 'Rename', 'a', 'hidden.txt'),
          happened(one, 'Publish', 'b'),
        ]);
        expect(service.told()).not.toBe('');
        expect(service.told()).not.toMatch(/hidden/);
      }),
    );
  });
}
