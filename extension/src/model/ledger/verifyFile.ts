import { basename } from 'node:path';
import {
  type Digests,
  digestsOfSource,
  type FilesPort,
  fingerprintOf,
  joinTrusts,
  type Ledger,
  type Receipt,
  type SubjectDigests,
  type Trust,
  type Verdict,
  verifyInLedger,
  verifyWithReceipt,
} from '../../../../shared/index.ts';
import { attachmentOf, createFileSources } from '../files/fileSources.ts';
import { type Custody, custodyOf } from './custodyOf.ts';
import type { Ledgers } from './ledgers.ts';
import { type ReceiptBeside, receiptsBeside } from './receiptBeside.ts';
import type { TrustedOwners } from './trustedOwners.ts';

export interface FileVerdict {
  readonly name: string;
  readonly digests: Digests;
  readonly verdict: Verdict;
  /** The ledger that knows the file. */
  readonly ledger?: Ledger;
  /** The receipt beside the file that answered; absent where a ledger did. */
  readonly by?: {
    readonly file: string;
    readonly receipt?: Receipt;
    /** Fingerprint that the receipt names, of a key that the user has not said they trust. */
    readonly stranger?: string;
  };
  /** Somebody else, whose key the user has said they trust. */
  readonly owner?: string;
  /** Of a changed file: what was recorded of it. */
  readonly recorded?: SubjectDigests;
  /** Titles of the reports that it was submitted in, under this name. */
  readonly reports?: readonly string[];
  /** Who held it, where the ledger that knows it is the user's own. */
  readonly custody?: Custody;
  /** Connections whose ledger could not be asked. */
  readonly unreached: readonly string[];
}

type Answer = Pick<FileVerdict, 'verdict' | 'ledger' | 'by' | 'owner' | 'recorded' | 'reports'>;

/** A file of a submitted report. */
export interface SubmittedFile {
  readonly title: string;
  readonly digests: SubjectDigests;
}

export interface Asked {
  readonly ledgers: Ledgers;
  readonly owners: TrustedOwners;
  readonly files: FilesPort;
  /** What was submitted from this place, or else under this name. */
  readonly submitted: (path: string) => Promise<readonly SubmittedFile[]>;
}

const weight = { unknown: 0, changed: 1, known: 2 } as const;

/**
 * Asks every ledger within reach about a file, then the receipts beside it. The file is read once, and nothing leaves
 * the machine.
 */
export async function verifyFile(
  { ledgers, owners, files, submitted }: Asked,
  path: string,
  signal: AbortSignal,
): Promise<FileVerdict> {
  const digests = await digestsOfSource(await createFileSources(files).open(await attachmentOf(files, path)), signal);
  const trusts: Trust[] = [];
  let best: Answer = { verdict: { answer: 'unknown', reasons: [] } };
  const unreached = await ledgers.visit(async (ledger) => {
    trusts.push(ledger.trust);
    const verdict = await verifyInLedger(ledger, { digests }, signal);
    if (weight[verdict.answer] > weight[best.verdict.answer]) best = { verdict, ledger };
  }, signal);
  if (best.verdict.answer === 'unknown') best = (await changedSince(ledgers, await submitted(path), signal)) ?? best;
  if (best.verdict.answer === 'unknown') {
    const believed = [
      { trust: joinTrusts(trusts) },
      ...(await owners.list()).map(({ name, trust }) => ({ owner: name, trust })),
    ];
    for (const beside of await receiptsBeside(files, path)) {
      const answer = askReceipt(beside, believed, digests);
      // Of two that know nothing, the receipt can say what is wrong with it.
      if (weight[answer.verdict.answer] > weight[best.verdict.answer] || best.by === undefined) best = answer;
    }
  }
  const custody = best.ledger && (await custodyOf(best.ledger, best.verdict, signal));
  return { name: basename(path), digests, unreached, ...best, ...(custody ? { custody } : {}) };
}

/** A file that was submitted under this name, with another content that a ledger knows. */
async function changedSince(
  ledgers: Ledgers,
  earlier: readonly SubmittedFile[],
  signal: AbortSignal,
): Promise<Answer | undefined> {
  let found: Answer | undefined;
  for (const { title, digests } of earlier) {
    if (found) break;
    await ledgers.visit(async (ledger) => {
      const known = await verifyInLedger(ledger, { digests }, signal);
      if (found || known.answer !== 'known') return;
      const version = known.versions.at(-1);
      const last = version?.history.find(({ index }) => index === version.index);
      if (!version || !last) return;
      const { asset, history } = version;
      const verdict: Verdict = { answer: 'changed', asset, last, history };
      found = {
        verdict,
        ledger,
        recorded: last.subjects.find((each) => isSame(each, digests)) ?? digests,
        reports: [title],
      };
    }, signal);
  }
  return found;
}

function isSame(one: SubjectDigests, other: SubjectDigests): boolean {
  const { sha256, dropboxContentHash } = other;
  return (
    (sha256 !== undefined && one.sha256 === sha256) ||
    (dropboxContentHash !== undefined && one.dropboxContentHash === dropboxContentHash)
  );
}

interface Believed {
  readonly owner?: string;
  readonly trust: Trust;
}

function askReceipt(
  { file, receipt, recorded }: ReceiptBeside,
  believed: readonly Believed[],
  digests: Digests,
): Answer {
  if (!receipt) return { verdict: { answer: 'unknown', reasons: [] }, by: { file } };
  const { keyHint } = receipt;
  const isKnown = believed.some(({ trust }) => trust.statementKeys.some((key) => fingerprintOf(key) === keyHint));
  // Whoever made the receipt wrote this: only what can be a fingerprint is shown as one.
  const by = { file, receipt, ...(isKnown || !/^[0-9a-f]{64}$/.test(keyHint) ? {} : { stranger: keyHint }) };
  const answers = believed.map(
    ({ owner, trust }): Answer => ({
      verdict: verifyWithReceipt(receipt, trust, digests, recorded),
      by,
      ...(owner === undefined ? {} : { owner }),
      ...(recorded === undefined ? {} : { recorded }),
    }),
  );
  const best = answers.reduce((one, other) =>
    weight[other.verdict.answer] > weight[one.verdict.answer] ? other : one,
  );
  // Nobody in particular is meant by a receipt that is of none of them.
  return best.verdict.answer === 'unknown' ? { verdict: best.verdict, by } : best;
}
