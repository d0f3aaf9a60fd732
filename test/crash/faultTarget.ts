import type { Clock } from '../../shared/core/ports.ts';
import type { Drive } from '../../shared/drive/drive.ts';
import type { FaultName } from './faultShapes.ts';

/** A file as the server itself has it, found without any code of ours. */
export interface StoredFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** A server that faults can be planned for, with a place for one report. */
export interface FaultTarget {
  /** A new client, as another process would open it. */
  client(clock: Clock): Drive;
  /** The fault strikes the Nth request from now, counted from 1, and all after it when it lasts. */
  inject(fault: FaultName, at: number, lasting: boolean): void;
  clear(): void;
  /** Requests so far. */
  readonly requests: number;
  stored(): Promise<readonly StoredFile[]>;
  close(): Promise<void>;
}

export interface FaultTargetKind {
  readonly name: string;
  /** The smallest chunk of its sessions, bytes: the same requests as with large ones, fewer bytes. */
  readonly chunkSize: number;
  /**
   * Faults that need not be noticed even when they last, because some answers have nothing in them that could break.
   */
  readonly unnoticed: readonly FaultName[];
  /** Faults that are plain answers there, with a meaning that repeating does not change. */
  readonly decisive: readonly FaultName[];
  open(): Promise<FaultTarget>;
}

/** The drive with its smallest chunks. */
export function withSmallChunks(drive: Drive, chunkSize: number): Drive {
  const { capabilities } = drive;
  return {
    ...drive,
    capabilities: {
      ...capabilities,
      upload: { ...capabilities.upload, chunkMin: chunkSize, chunkSize, maxSingle: chunkSize },
    },
  };
}
