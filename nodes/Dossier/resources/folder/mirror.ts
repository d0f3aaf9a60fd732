import { randomBytes } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import {
  createDriveState,
  createEmbeddedLedger,
  DossierError,
  type DrivePath,
  joinPath,
  type MirrorJob,
  type MirrorPorts,
  type MirrorResult,
  type MirrorSide,
  type MirrorStep,
  type MirrorSummary,
  mirrorId,
  planMirror,
  recordVersions,
  runMirror,
  say,
  storeFolders,
} from '../../../../shared/index.ts';
import { refOf } from '../../../fields/locators.ts';
import type { Call, Operation, Output, Result } from '../../../fields/operation.ts';
import { clock } from '../../../host/clock.ts';
import type { OpenedConnection } from '../../../host/connection.ts';
import { choicesOf, mirrorFields, mirrorOptions } from './mirrorFields.ts';

const summaryOutput = 1;

export const mirrorFolder: Operation = {
  value: 'mirror',
  name: 'Mirror',
  action: 'Mirror a folder',
  description: 'Copy a folder to another place, in one direction: each run brings over what has changed',
  connects: 'two',
  outputs: ['Files', 'Summary'],
  key: 'whenRecording',
  properties: mirrorFields,
  options: mirrorOptions,
  async run(call) {
    const { rules, confirmed } = choicesOf(call);
    const [from, to] = [await call.open(), await call.openDestination()];
    const source = await sideOf(call, from, 'source');
    const destination = await sideOf(call, to, 'destination');
    const job: MirrorJob = { id: await idOf(call, source, destination), source, destination, rules };
    // Beside what is mirrored, so that any worker goes on with it.
    const folder = storeFolders(destination.folder).mirrors;
    const store = createDriveState({ drive: destination.drive, folder, clock });
    try {
      const ports: MirrorPorts = { store, clock, holder: `n8n ${hex(8)}`, ...(await recording(call, to)) };
      return call.parameter('dryRun') === true
        ? await plan(call, job, ports)
        : await mirror(call, job, ports, confirmed);
    } finally {
      await store.close();
    }
  },
};

async function sideOf(call: Call, opened: OpenedConnection, name: 'source' | 'destination'): Promise<MirrorSide> {
  const { drive } = opened;
  const ref = await refOf({ ...call, open: async () => opened }, name);
  if (ref.id === undefined) return { drive, folder: ref.path };
  const found = await call.again(() => drive.stat(ref, { signal: call.signal }));
  if (found?.type !== 'folder') throw new DossierError('not-found', say`There is no folder at "${ref.id}"`);
  return { drive, folder: found.path };
}

async function idOf(call: Call, ...sides: readonly [MirrorSide, MirrorSide]): Promise<string> {
  const name = async ({ drive, folder }: MirrorSide) =>
    JSON.stringify([drive.kind, (await call.again(() => drive.account({ signal: call.signal }))).id, folder]);
  return mirrorId(await name(sides[0]), await name(sides[1]));
}

/** Tells the ledger of the destination, where that is wished. */
async function recording(call: Call, { drive }: OpenedConnection): Promise<Pick<MirrorPorts, 'record'>> {
  if (call.parameter('record') !== true || call.parameter('dryRun') === true) return {};
  const { log, assetKey } = await (await call.store()).beginLedger(call.signal);
  const { id: account } = await call.again(() => drive.account({ signal: call.signal }));
  const ledger = createEmbeddedLedger(log);
  return { record: recordVersions({ ledger, assetKey, kind: drive.kind, account, now: clock.now }) };
}

async function plan(call: Call, job: MirrorJob, ports: MirrorPorts): Promise<Result> {
  const { steps, unchanged, ignored, bytes, removals, needsConfirmation } = await planMirror(job, ports, call);
  const summary = { ending: 'planned', unchanged, ignored, bytes, removals, needsConfirmation };
  return { items: [...steps.map((step) => fileItem(step, job)), summaryItem(call, summary)] };
}

async function mirror(call: Call, job: MirrorJob, ports: MirrorPorts, mostRemovals: number): Promise<Result> {
  const results = new Map<string, MirrorResult>();
  const { signal } = call;
  const onResult = (result: MirrorResult) => void results.set(result.place, result);
  const summary = await runMirror(job, ports, { mostRemovals, onResult, ...(signal && { signal }) });
  demandDone(summary, [...results.values()]);
  const { error: _, ...figures } = summary;
  const failed =
    summary.failed > 0 ? `Files that could not be mirrored: ${summary.failed}; the next run tries again. ` : '';
  const conflicts =
    summary.conflicts > 0 ? `Changes at the destination: ${summary.conflicts}; see the Files output.` : '';
  const items = [...[...results.values()].map((result) => fileItem(result, job)), summaryItem(call, times(figures))];
  return { items, ...(failed + conflicts !== '' && { hint: failed + conflicts }) };
}

/** What stops a run has to stop the workflow, or be handled by its error output. */
function demandDone({ ending, error, removals }: MirrorSummary, results: readonly MirrorResult[]): void {
  if (error) throw error;
  if (ending === 'confirmation')
    throw new DossierError('invalid-input', say`This run would delete or archive ${removals} files. Nothing was done`, {
      advice: say`Look at what would go by a dry run. If that is right, set Confirmed Deletions to ${removals} for one run.`,
    });
  if (ending === 'conflicts')
    throw new DossierError(
      'revision-conflict',
      say`There are changes at the destination, the first at ${results[0]?.place ?? ''}. Nothing was done`,
    );
}

function fileItem(step: MirrorStep & Partial<MirrorResult>, { destination }: MirrorJob): Output {
  const { action, reason, place, from, size, ok, keptAt, digests, error } = step;
  const json: IDataObject = {
    type: action.endsWith('Folder') ? 'folder' : 'file',
    action,
    reason,
    place,
    path: joined(destination.folder, place),
    size,
    ...(from !== undefined && { from }),
    ...(ok !== undefined && { done: ok }),
    ...(keptAt !== undefined && { keptAt: joined(destination.folder, keptAt) }),
    ...(digests && { sha256: digests.sha256 }),
    ...(error && { problem: error.message, code: error.code }),
  };
  return { json };
}

function summaryItem(call: Call, figures: IDataObject): Output {
  return { json: { type: 'summary', ...figures }, ...(call.leadsOn(summaryOutput) && { output: summaryOutput }) };
}

function times({ began, ended, ...figures }: Omit<MirrorSummary, 'error'>): IDataObject {
  return { ...figures, began: new Date(began).toISOString(), ended: new Date(ended).toISOString() };
}

function joined(folder: DrivePath, place: DrivePath): string {
  return joinPath(folder, ...place.split('/').filter((name) => name !== ''));
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
