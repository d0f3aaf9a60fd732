import * as vscode from 'vscode';
import { type Log, type Proof, type Report, type SubmitEvent, toDossierError } from '../../../../shared/index.ts';
import type { ProofStore } from './proofStore.ts';

export interface FileProgress {
  /** Bytes that the destination has acknowledged; of a file that goes in one request, those that left. */
  readonly sentBytes: number;
  readonly size: number;
  /** How the destination was proved to hold it. */
  readonly proof?: Proof;
}

/** How far the sending of one report is. */
export interface SendingProgress {
  readonly sentBytes: number;
  readonly size: number;
  /** By id of the attachment. */
  readonly attachments: ReadonlyMap<string, FileProgress>;
}

export function fractionOf({ sentBytes, size }: { readonly sentBytes: number; readonly size: number }): number {
  return size === 0 ? 1 : Math.min(1, sentBytes / size);
}

/** All bytes are at the destination, and what it holds is being proved. */
export function isVerifying({ sentBytes, size, proof }: FileProgress): boolean {
  return proof === undefined && size > 0 && sentBytes >= size;
}

/** Trees and pages are drawn anew at most this often. */
const drawMs = 250;

/** The progress of all reports that are being sent, and the proofs of those that were. */
export interface ProgressBoard extends vscode.Disposable {
  /** Id of a report, at most four times a second each. */
  readonly onDidChange: vscode.Event<string>;
  /** Learns the proofs of reports that were submitted before. */
  load(): void;
  begin(report: Report): void;
  apply(report: string, event: SubmitEvent): void;
  /** The report is whole at its destination: its proofs are to be remembered. */
  keep(report: string): void;
  /** It is not sent any more, for now or for good. */
  end(report: string): void;
  forget(report: string): void;
  /** Progress of all that is being sent by this window. */
  running(): readonly SendingProgress[];
  progress(report: string): SendingProgress | undefined;
}

export function createProgressBoard(proofs: ProofStore, log: Log): ProgressBoard {
  const changed = new vscode.EventEmitter<string>();
  const reports = new Map<string, Map<string, FileProgress>>();
  const sending = new Set<string>();
  const due = new Map<string, NodeJS.Timeout>();
  const announce = (id: string) => {
    if (due.has(id)) return;
    const timer = setTimeout(() => {
      due.delete(id);
      changed.fire(id);
    }, drawMs);
    due.set(id, timer);
  };
  const progressOf = (id: string): SendingProgress | undefined => {
    const attachments = reports.get(id);
    if (!attachments) return undefined;
    const files = [...attachments.values()];
    return { attachments, sentBytes: sum(files, ({ sentBytes }) => sentBytes), size: sum(files, ({ size }) => size) };
  };
  const unproved = (error: unknown) =>
    log.write('warn', 'The proofs of a report could not be stored', { reason: toDossierError(error).code });

  return {
    load() {
      void proofs.load().then((stored) => {
        for (const [id, files] of stored) {
          if (reports.has(id)) continue;
          reports.set(
            id,
            new Map([...files].map(([attachment, proof]) => [attachment, { sentBytes: 0, size: 0, proof }])),
          );
          announce(id);
        }
      }, unproved);
    },
    onDidChange: changed.event,
    begin({ id, attachments }) {
      sending.add(id);
      reports.set(id, new Map(attachments.map(({ id: attachment, size }) => [attachment, { sentBytes: 0, size }])));
      announce(id);
    },
    apply(id, event) {
      const files = reports.get(id) ?? new Map<string, FileProgress>();
      reports.set(id, files);
      const known = 'attachment' in event ? files.get(event.attachment) : undefined;
      if (event.type === 'progress')
        files.set(event.attachment, {
          ...known,
          sentBytes: event.whole ? event.sentBytes : event.acknowledgedBytes,
          size: event.size,
        });
      if (event.type === 'delivered')
        files.set(event.attachment, { sentBytes: known?.size ?? 0, size: known?.size ?? 0, proof: event.proof });
      announce(id);
    },
    keep(id) {
      const proved = [...(reports.get(id) ?? [])].flatMap(([attachment, { proof }]) =>
        proof ? [[attachment, proof] as const] : [],
      );
      proofs.save(id, new Map(proved)).catch(unproved);
      announce(id);
    },
    end(id) {
      if (sending.delete(id)) announce(id);
    },
    forget(id) {
      sending.delete(id);
      reports.delete(id);
      announce(id);
      proofs.remove(id).catch(unproved);
    },
    running: () => [...sending].flatMap((id) => progressOf(id) ?? []),
    progress: progressOf,
    dispose() {
      for (const timer of due.values()) clearTimeout(timer);
      changed.dispose();
    },
  };
}

function sum(files: readonly FileProgress[], of: (file: FileProgress) => number): number {
  return files.reduce((total, file) => total + of(file), 0);
}
