import { DossierError } from '../core/errors.ts';
import type { Digests } from '../core/hashing.ts';
import { say } from '../core/sentence.ts';
import type { Occurrence, Recorded } from './log/log.ts';
import type { Ledger } from './openLedger.ts';
import { assetId } from './statement/asset.ts';
import { type CustodyEvent, type LedgerEvent, parseStatement } from './statement/statement.ts';
import type { KnownVersion } from './verify/verdict.ts';

/** What somebody did with a file or a report, in the words of whoever records it. */
export interface CustodyAct {
  readonly event: CustodyEvent;
  /** Who received it, got it, looked it over, holds the working copy, or consented: hidden, like the reason. */
  readonly holder: string;
  /** May be empty. */
  readonly reason: string;
  /** Milliseconds since 1970 UTC, where it was not just now. */
  readonly happenedAt?: number;
  /** With `WorkingCopy`: the asset of the original. */
  readonly original?: string;
  /** The same again is recorded once. */
  readonly occasion: string;
}

/** An asset that the ledger has, or a content that it does not know yet and that is registered with its first act. */
export type CustodySubject = { readonly asset: string } | { readonly digests: Digests; readonly name: string };

/**
 * The asset, `preferred` where it is one of them, whose newest version has the content that was asked about: what is
 * recorded of an asset is recorded of that version.
 *
 * @throws `invalid-input` where each has another content by now.
 */
export function custodySubjectAmong(
  versions: readonly Pick<KnownVersion, 'asset' | 'version' | 'history'>[],
  preferred?: string,
): { readonly asset: string } {
  const newest = versions.filter(({ version, history }) =>
    history.every(({ predicate }) => predicate.version <= version),
  );
  const found = newest.find(({ asset }) => asset === preferred) ?? newest.at(-1);
  if (!found)
    throw new DossierError(
      'invalid-input',
      'This is not the newest version that is recorded, and custody is recorded of that one only',
      { advice: null },
    );
  return { asset: found.asset };
}

const longestHolder = 200;
const longestReason = 2000;
const ofNoFile: ReadonlySet<LedgerEvent> = new Set(['Link', 'Unlink', 'GapStart', 'GapEnd', 'KeyRotate']);

/**
 * Records who had a file, who looked at it, or whose consent it rests on. The statement names the digests of the newest
 * version, the kind of the act and the time of recording; name, reason and time of the act are masked claims. Codes:
 * `invalid-input`; `not-found` for an asset that the ledger does not have; those of the log. Safe to repeat.
 */
export async function recordCustody(
  ledger: Ledger,
  subject: CustodySubject,
  act: CustodyAct,
  signal?: AbortSignal,
): Promise<Recorded> {
  const claims = claimsOf(act);
  const [known, original] = [
    'asset' in subject ? await lastOf(ledger, subject.asset, signal) : registered(ledger, subject),
    act.original === undefined ? undefined : (await lastOf(ledger, act.original, signal)).asset,
  ];
  const { asset, subjects, link } = known;
  if (original === asset)
    throw new DossierError('invalid-input', 'A file is no working copy of itself', { advice: null });
  const occurrence: Occurrence = {
    event: act.event,
    asset,
    subjects,
    occasion: act.occasion,
    observedAt: ledger.clock.now(),
    masked: claims,
    details: { ...(link === undefined ? {} : { link }), ...(original === undefined ? {} : { derivedFrom: original }) },
  };
  const recorded = await ledger.log.append([...known.before, occurrence], signal);
  return recorded.at(-1)!;
}

interface Known extends Pick<Occurrence, 'asset' | 'subjects'> {
  readonly link?: string | undefined;
  /** What has to be recorded first. */
  readonly before: readonly Occurrence[];
}

async function lastOf({ log }: Ledger, asset: string, signal?: AbortSignal): Promise<Known> {
  // An id comes from a person's hand as well.
  const state = /^[a-z0-9-]{1,80}$/.test(asset) ? await log.asset(asset, signal) : undefined;
  const entry = state && (await log.entry(state.lastIndex, signal));
  if (!state || !entry) throw new DossierError('not-found', 'The ledger has no history of this file');
  const { subjects, predicate } = parseStatement(entry.envelope.payload);
  if (ofNoFile.has(predicate.event))
    throw new DossierError('invalid-input', 'Custody is recorded of files and reports, not of linked folders', {
      advice: null,
    });
  return { asset, subjects, link: predicate.link, before: [] };
}

/** A content by itself: the same bytes are the same asset, whatever they are called. */
function registered(
  { assetKey, clock }: Ledger,
  { digests, name }: Exclude<CustodySubject, { readonly asset: string }>,
): Known {
  const asset = assetId(assetKey, { kind: 'content', account: '', file: digests.sha256 });
  const subjects = [digests];
  const register: Occurrence = {
    event: 'Register',
    asset,
    subjects,
    occasion: 'content',
    observedAt: clock.now(),
    masked: { name },
    details: { hashSource: 'downloaded' },
  };
  return { asset, subjects, before: [register] };
}

function claimsOf({ holder, reason, happenedAt }: CustodyAct) {
  const [who, why] = [tidy(holder), tidy(reason)];
  if (who === '') throw new DossierError('invalid-input', 'Say who: a custody event names a person or a body');
  for (const [text, longest] of [
    [who, longestHolder],
    [why, longestReason],
  ] as const)
    if (text.length > longest)
      throw new DossierError(
        'invalid-input',
        say`A name has at most ${longestHolder} characters, a reason ${longestReason}`,
      );
  if (happenedAt !== undefined && !Number.isFinite(new Date(happenedAt).getTime()))
    throw new DossierError('invalid-input', 'The time of a custody event is a date and a time');
  return {
    holder: who,
    ...(why === '' ? {} : { reason: why }),
    ...(happenedAt === undefined ? {} : { happenedAt: new Date(happenedAt).toISOString() }),
  };
}

/** One line: it is a cell of a table later. */
function tidy(text: string): string {
  // Every control and line break character is a space here.
  return text
    .normalize('NFC')
    .replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
    .trim();
}
