import { basename, dirname, join } from 'node:path';
import {
  type Digests,
  digestsOfSource,
  encodeReceipt,
  createReceipt,
  type FilesPort,
  isDossierError,
  manifestName,
  parseManifest,
  parseReceipt,
  type Receipt,
  receiptName,
  type SubjectDigests,
  type Trust,
  type Verdict,
  verifyInLog,
  verifyWithReceipt,
} from '../../../shared/index.ts';
import { attachmentOf, createFileSources } from '../reports/fileSources.ts';
import type { Ledgers } from './ledgers.ts';

export interface FileVerdict {
  readonly name: string;
  readonly digests: Digests;
  readonly verdict: Verdict;
  /** What answered: a ledger, or the receipt that lies beside the file. */
  readonly by: 'ledger' | 'receipt';
  /** The newest receipt of the version that is known. */
  readonly receipt?: Uint8Array;
  /** Connections whose ledger could not be asked. */
  readonly unreached: readonly string[];
}

const weight = { unknown: 0, changed: 1, known: 2 } as const;
const longestNote = 4_000_000;

/** Asks every ledger within reach about a file, and the receipt beside it. The file is read once and goes nowhere. */
export async function verifyFile(ledgers: Ledgers, files: FilesPort, path: string, signal: AbortSignal): Promise<FileVerdict> {
  const digests = await digestsOfSource(await createFileSources(files).open(await attachmentOf(files, path)), signal);
  let best: Pick<FileVerdict, 'verdict' | 'by' | 'receipt'> = { verdict: { answer: 'unknown', reasons: [] }, by: 'ledger' };
  const trusts: Trust[] = [];
  const unreached = await ledgers.visit(async ({ log, trust }) => {
    trusts.push(trust);
    const verdict = await verifyInLog(log, trust, { digests }, signal);
    if (weight[verdict.answer] < weight[best.verdict.answer] || best.verdict.answer === 'known') return;
    const index = verdict.answer === 'known' ? verdict.versions.at(-1)?.index : undefined;
    best = { verdict, by: 'ledger', ...(index === undefined ? {} : { receipt: encodeReceipt(await createReceipt(log, index, [], signal)) }) };
  }, signal);
  if (best.verdict.answer === 'unknown') {
    const beside = await receiptBeside(files, path);
    // Of two that know nothing, the receipt can say what is wrong with it.
    const verdict = beside && verifyWithReceipt(beside.receipt, unionOf(trusts), digests, beside.recorded);
    if (verdict) best = { verdict, by: 'receipt' };
  }
  return { name: basename(path), digests, unreached, ...best };
}

export function unionOf(trusts: readonly Trust[]): Trust {
  return {
    logs: trusts.flatMap(({ logs }) => logs),
    statementKeys: trusts.flatMap(({ statementKeys }) => statementKeys),
    timestampChains: trusts.flatMap(({ timestampChains }) => timestampChains),
  };
}

/** The receipt in a file's folder, and what the manifest there says of a file of this name. */
async function receiptBeside(files: FilesPort, path: string): Promise<{ receipt: Receipt; recorded?: SubjectDigests } | undefined> {
  const folder = dirname(path);
  const bytes = await small(files, join(folder, receiptName));
  if (!bytes) return undefined;
  const receipt = parseReceipt(bytes);
  const manifest = await small(files, join(folder, manifestName));
  const recorded = manifest && readable(() => parseManifest(JSON.parse(new TextDecoder().decode(manifest))).files.find(({ name }) => name === basename(path))?.sha256);
  return { receipt, ...(recorded === undefined ? {} : { recorded: { sha256: recorded } }) };
}

async function small(files: FilesPort, path: string): Promise<Uint8Array | undefined> {
  const stat = await files.stat(path);
  if (stat?.kind !== 'file' || stat.size > longestNote) return undefined;
  const into = new Uint8Array(stat.size);
  return into.subarray(0, await files.readInto(path, 0, into));
}

/** A manifest that somebody has damaged says nothing. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || isDossierError(error)) return undefined;
    throw error;
  }
}
