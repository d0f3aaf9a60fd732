import { fromHex, fromUtf8, toHex, utf8 } from '../../core/bytes.ts';
import { DossierError, isDossierError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hashing.ts';
import { type DrivePath, joinPath } from '../../core/paths.ts';
import { retry } from '../../core/retry.ts';
import { say } from '../../core/sentence.ts';
import { createFolderIn } from '../../drive/ensureFolder.ts';
import type { EntryRef, FolderEntry } from '../../drive/entry.ts';
import type { Delivery } from '../content/delivery.ts';
import { folderName } from '../content/folderName.ts';
import type { Report } from '../model/report.ts';
import type { Agreement, SubmissionTurn } from './submissionTurn.ts';
import type { SubmitOrder } from './submitOrder.ts';

const mostTries = 20;

function submissionsFolder(root: EntryRef): DrivePath {
  return joinPath(root.path, '.dossier', 'submissions');
}

/** Begins the next turn of the report. Codes: `invalid-input` when an earlier run had other content. */
export async function takeTurn(order: SubmitOrder): Promise<SubmissionTurn> {
  const { report, root, clock, signal } = order;
  const marker: EntryRef = { path: joinPath(submissionsFolder(root), report.id) };
  const mine = await retry(() => claimTurn(order, marker), { clock, signal });
  const seen = mine === 0 ? nothing : await look(order, marker);
  const print = contentPrint(report);
  const newest = seen.agreements.at(-1);
  if (newest !== undefined && newest.print !== print) throw otherContent(report, newest.folder.path);
  let sequence = 0;
  const stopIfTaken = async (): Promise<Seen> => {
    const now = await look(order, marker);
    if (now.lastTurn > mine)
      throw new DossierError('lease-lost', 'Another run of this report has taken over: its result counts', {
        operation: 'submit',
        path: root.path,
      });
    return now;
  };
  return {
    again: mine > 0,
    agreed: newest,
    mustAgree: newest !== undefined && newest.turn !== mine - 1,
    async agree(delivery) {
      const name = agreementName({ turn: mine, sequence: sequence++, print }, delivery);
      await retry(() => make(order, marker, name), { clock, signal });
      await stopIfTaken();
    },
    async check() {
      const { agreements } = await stopIfTaken();
      if (agreements.some(({ turn }) => turn < mine) && newest === undefined)
        throw new DossierError('locked', 'Another run of this report is sending it: try again in a moment', {
          operation: 'submit',
          path: root.path,
        });
    },
  };
}

/** The same key was used for something else, or somebody has changed what was delivered. */
export function otherContent(report: Report, folder: string, names: readonly string[] = []): DossierError {
  const differing = names.length === 0 ? '' : ` (${names.join(', ')})`;
  return new DossierError(
    'invalid-input',
    say`This report was begun before, in "${folder}", and its content there is another one${differing}`,
    {
      advice: 'Give a report with new content a key of its own.',
      operation: 'submit',
      path: joinPath(folder as DrivePath, report.id),
    },
  );
}

/** Makes the folder of the report, or of the next turn in it. Gives the number of the turn. */
async function claimTurn(order: SubmitOrder, marker: EntryRef): Promise<number> {
  const { report, root, drive, signal } = order;
  const parent = { path: submissionsFolder(root) };
  if (await isMade(() => createFolderIn(drive, parent, report.id, { signal }))) return 0;
  let next = (await look(order, marker)).lastTurn + 1;
  for (let tries = 0; tries < mostTries; tries++, next++) {
    if (await make(order, marker, `turn-${next}`)) return next;
  }
  throw new DossierError('locked', undefined, { operation: 'submit', path: marker.path });
}

function make({ drive, signal }: SubmitOrder, folder: EntryRef, name: string): Promise<boolean> {
  return isMade(() => drive.createFolder(folder, name, { signal }));
}

/** False when it is there already. */
async function isMade(create: () => Promise<FolderEntry>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (isDossierError(error, 'already-exists')) return false;
    throw error;
  }
}

interface Written {
  readonly turn: number;
  readonly sequence: number;
  readonly print: string;
}

interface Seen {
  readonly lastTurn: number;
  /** In the order in which they count. */
  readonly agreements: readonly (Agreement & Written)[];
}

const nothing: Seen = { lastTurn: 0, agreements: [] };

async function look(order: SubmitOrder, marker: EntryRef): Promise<Seen> {
  const { drive, clock, signal } = order;
  const names = await retry(
    async () => {
      const found: string[] = [];
      for await (const page of drive.list(marker, {}, { signal })) found.push(...page.map(({ name }) => name));
      return found;
    },
    { clock, signal },
  );
  const turns = names.flatMap((name) => /^turn-(\d{1,9})$/.exec(name)?.[1] ?? []).map(Number);
  const agreements = names
    .flatMap((name) => agreementIn(order, name) ?? [])
    .sort((a, b) => a.turn - b.turn || a.sequence - b.sequence);
  return { lastTurn: Math.max(0, ...turns), agreements };
}

function agreementName({ turn, sequence, print }: Written, { sent, attempt, plain, folder }: Delivery): string {
  const id = folder?.id === undefined ? '' : toHex(utf8(folder.id));
  return ['in', turn, sequence, sent, attempt, plain ? 'plain' : 'usual', print, id].join('-');
}

const agreementPattern =
  /^in-(\d{1,9})-(\d{1,9})-(\d{1,15})-(\d{1,9})-(plain|usual)-([0-9a-f]{16})-((?:[0-9a-f]{2})*)$/;

function agreementIn({ report, root }: SubmitOrder, name: string): (Agreement & Written) | undefined {
  const found = agreementPattern.exec(name);
  if (!found) return undefined;
  const [turn, sequence, sent, attempt] = found.slice(1, 5).map(Number) as [number, number, number, number];
  const plain = found[5] === 'plain';
  const id = fromUtf8(fromHex(found[7]!));
  return {
    turn,
    sequence,
    sent,
    attempt,
    print: found[6]!,
    ...(plain ? { plain } : {}),
    folder: {
      path: joinPath(root.path, folderName(report.title, attempt, plain)),
      ...(id === '' ? {} : { id }),
    },
  };
}

/** What can be told of the content without reading the attachments. */
function contentPrint({ title, description, attachments }: Report): string {
  const choice = ({ metadata }: Report['attachments'][number]) => (metadata === 'remove' ? [metadata] : []);
  const told = [
    title,
    description,
    attachments.map((attachment) => [attachment.name, attachment.mediaType, attachment.size, ...choice(attachment)]),
  ];
  return sha256Hex(utf8(JSON.stringify(told))).slice(0, 16);
}
