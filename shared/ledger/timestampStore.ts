import { equalBytes, fromBase64, toBase64, utf8 } from '../core/bytes.ts';
import { DossierError, isDossierError, toDossierError } from '../core/errors.ts';
import { isRecord, parseJsonBytes } from '../core/json.ts';
import { say } from '../core/sentence.ts';
import type { StateRecord } from '../state/state.ts';
import { openTrusted } from './identity/keyPeriods.ts';
import { hashLeaf, rootFromInclusion } from './log/merkle.ts';
import { type Ledger, ledgerName } from './openLedger.ts';
import { createReceipt, type Receipt } from './receipt/receipt.ts';
import { encodeLeaf } from './signing/envelope.ts';
import { stampOf, type Timestamping, timeStampReceipt } from './timestamp/authority.ts';
import { trustedTime } from './timestamp/timestamp.ts';

// Beside the log and not in it: a stamp proves itself, and losing one costs a level, not the truth of the ledger.
const base = `stamps/${ledgerName}`;
const number = (index: number) => String(index).padStart(12, '0');
const entryKey = (index: number) => `${base}/entry/${number(index)}`;
const checkpoints = `${base}/checkpoint/`;

/**
 * The newest receipt of an entry, with the time stamps that are kept for it. Asks nobody. `not-found` when the log has
 * no such entry.
 */
export async function receiptOf(ledger: Ledger, index: number, signal?: AbortSignal): Promise<Receipt> {
  return createReceipt(ledger.log, index, await keptStamps(ledger, index, signal), signal);
}

/**
 * The newest receipt of an entry, stamped by the authority of the ledger; the stamp is kept, so that it is asked for
 * once. Codes: those of
 * `timeStampReceipt` and of the store; `invalid-input` where no authority was named. Safe to repeat.
 */
export async function stampedReceiptOf(ledger: Ledger, index: number, signal?: AbortSignal): Promise<Receipt> {
  const before = await receiptOf(ledger, index, signal);
  const after = await timeStampReceipt(before, authorityOf(ledger), signal);
  if (after !== before) await keep(ledger, entryKey(index), { stamps: after.timestamps.map(toBase64) }, signal);
  return after;
}

/** A receipt, and why it carries no time stamp although the user has named an authority; it can be stamped later. */
export interface MadeReceipt {
  readonly receipt: Receipt;
  readonly unstamped?: DossierError;
}

/**
 * The newest receipt of an entry, stamped where an authority is named: one that fails costs the stamp, not the receipt.
 * Codes: those of the log and its store.
 */
export async function bestReceiptOf(ledger: Ledger, index: number, signal?: AbortSignal): Promise<MadeReceipt> {
  if (!ledger.timestamping) return { receipt: await receiptOf(ledger, index, signal) };
  try {
    return { receipt: await stampedReceiptOf(ledger, index, signal) };
  } catch (error) {
    return { receipt: await receiptOf(ledger, index, signal), unstamped: onlyUnstamped(error) };
  }
}

/**
 * Has the newest checkpoint stamped: everything that is recorded until now is vouched for with one request. Gives the
 * time, milliseconds since 1970 UTC; undefined for an empty ledger. Codes as `stampedReceiptOf`. Safe to repeat.
 */
export async function timeStampCheckpoint(ledger: Ledger, signal?: AbortSignal): Promise<number | undefined> {
  const timestamping = authorityOf(ledger);
  const head = await ledger.log.head(signal);
  if (!head) return undefined;
  const key = `${checkpoints}${number(head.checkpoint.size)}`;
  const kept = await ledger.store.get(key, signal);
  const known = kept && timeOf(ledger, readCheckpointStamp(kept));
  if (known !== undefined) return known;
  const stamped = { note: head.note, stamp: await stampOf(utf8(head.note), timestamping, signal) };
  await keep(ledger, key, { note: stamped.note, stamp: toBase64(stamped.stamp) }, signal);
  return timeOf(ledger, stamped);
}

/**
 * `timeStampCheckpoint` where the user has named an authority. One that fails costs the stamp, not what is recorded:
 * gives why; the next call makes up for it. Codes: `cancelled`, `ledger-broken`. Safe to repeat.
 */
export async function vouchForRecorded(ledger: Ledger, signal?: AbortSignal): Promise<DossierError | undefined> {
  if (!ledger.timestamping) return undefined;
  try {
    await timeStampCheckpoint(ledger, signal);
    return undefined;
  } catch (error) {
    return onlyUnstamped(error);
  }
}

/** Stamps of an entry, as they are kept; whether they hold is for `trustedTime`. */
export async function keptStamps({ store }: Ledger, index: number, signal?: AbortSignal): Promise<Uint8Array[]> {
  const record = await store.get(entryKey(index), signal);
  if (!record) return [];
  const stamps = fieldsOf(record)['stamps'];
  if (!Array.isArray(stamps) || !stamps.every((stamp) => typeof stamp === 'string')) throw damaged(record);
  return stamps.map(fromBase64);
}

/** The earliest time that is vouched for by a stamped checkpoint with this entry in it, milliseconds since 1970 UTC. */
export async function stampedBy(ledger: Ledger, index: number, signal?: AbortSignal): Promise<number | undefined> {
  const { log, trust, store } = ledger;
  const entry = await log.entry(index, signal);
  const head = await log.head(signal);
  for (const record of entry && head ? await store.list(checkpoints, signal) : []) {
    const stamped = readCheckpointStamp(record);
    const checkpoint = unlessBroken(() => openTrusted(stamped.note, trust));
    if (!checkpoint || checkpoint.size <= index || checkpoint.size > head!.checkpoint.size) continue;
    const leadsTo = rootFromInclusion(
      hashLeaf(encodeLeaf(entry!.envelope)),
      index,
      checkpoint.size,
      await log.prove(index, checkpoint.size, signal),
    );
    const time = leadsTo && equalBytes(leadsTo, checkpoint.root) ? timeOf(ledger, stamped) : undefined;
    if (time !== undefined) return time;
  }
  return undefined;
}

/** A checkpoint that was stamped, as it is kept. */
export interface CheckpointStamp {
  readonly note: string;
  readonly stamp: Uint8Array;
}

/** The stamped checkpoints that cover more than so many entries, by the number that they cover. */
export async function checkpointStamps(
  { store }: Ledger,
  above: number,
  signal?: AbortSignal,
): Promise<{ readonly size: number; readonly stamped: CheckpointStamp }[]> {
  return (await store.list(checkpoints, signal))
    .map((record) => ({ size: Number(record.key.slice(checkpoints.length)), stamped: readCheckpointStamp(record) }))
    .filter(({ size }) => size > above);
}

function timeOf({ trust }: Ledger, { note, stamp }: CheckpointStamp): number | undefined {
  return trustedTime(stamp, utf8(note), trust.timestampChains);
}

function authorityOf({ timestamping }: Ledger): Timestamping {
  if (!timestamping)
    throw new DossierError('invalid-input', 'Name a time-stamp authority first: its address and its certificates');
  return timestamping;
}

function onlyUnstamped(error: unknown): DossierError {
  const unstamped = toDossierError(error);
  if (unstamped.code === 'cancelled' || unstamped.code === 'ledger-broken') throw unstamped;
  return unstamped;
}

async function keep({ store }: Ledger, key: string, value: object, signal?: AbortSignal): Promise<void> {
  const record = await store.get(key, signal);
  try {
    await store.commit([{ key, value: utf8(JSON.stringify(value)), expectedVersion: record?.version ?? 0 }], signal);
  } catch (error) {
    // Somebody else has had the same stamped meanwhile: theirs is as good.
    if (!isDossierError(error, 'revision-conflict')) throw error;
  }
}

function readCheckpointStamp(record: StateRecord): CheckpointStamp {
  const { note, stamp } = fieldsOf(record);
  if (typeof note !== 'string' || typeof stamp !== 'string') throw damaged(record);
  return { note, stamp: fromBase64(stamp) };
}

function fieldsOf(record: StateRecord): Record<string, unknown> {
  const value = parseJsonBytes(record.value, 'ledger-broken', say`The record ${record.key}`);
  if (!isRecord(value)) throw damaged(record);
  return value;
}

function damaged(record: StateRecord): DossierError {
  return new DossierError('ledger-broken', say`The record ${record.key} of the ledger is damaged`);
}

function unlessBroken<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isDossierError(error, 'ledger-broken')) return undefined;
    throw error;
  }
}
